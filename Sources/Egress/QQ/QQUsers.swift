// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import NIOCore
internal import NIOHTTP1
internal import Shared
internal import Synchronization

/// Who the bots are, as the platform says it, remembered for a while. Any thread.
final class QQUsers: Sendable {
    private struct Known {
        var user: GatewayUser
        var isMadeUp: Bool
        /// When the platform is asked again.
        var expiry: NIODeadline
    }

    private struct State {
        var known: [ChannelID: Known] = [:]
        /// Whom the platform is being asked of: many shards of a bot come at once.
        var asked: [ChannelID: EventLoopFuture<GatewayUser>] = [:]
    }

    private enum Answer {
        case known(GatewayUser)
        case awaited(EventLoopFuture<GatewayUser>)
        case unknown
    }

    private static let limit = 4_096
    private static let lifetime = TimeAmount.minutes(10)
    /// How long the platform is not asked again of whom it did not say anything.
    private static let pause = TimeAmount.seconds(30)
    /// A client waits for READY meanwhile, so not for long.
    private static let timeout = TimeAmount.seconds(5)

    private let platform: QQPlatform?
    private let now: @Sendable () -> NIODeadline
    private let state = Mutex(State())
    /// Whoever makes up secrets has a bot of which nobody knows anything with each.
    private let log: Mutex<SampledLog>

    /// - Parameter now: a clock that never runs backwards.
    init(platform: QQPlatform?, logger: Logger, now: @escaping @Sendable () -> NIODeadline = { .now() }) {
        self.platform = platform
        self.now = now
        self.log = Mutex(SampledLog(logger, level: .notice, burst: 20, perSecond: 0.5))
    }

    /// The user of a token's bot, on `eventLoop`. Where the platform does not say it, the one that it said before, or a made-up
    /// one: a session must not fail for a name.
    func user(of token: Secret, channel: ChannelID, on eventLoop: any EventLoop) -> EventLoopFuture<GatewayUser> {
        guard let platform else { return eventLoop.makeSucceededFuture(GatewayUser(madeUpFor: channel)) }
        let promise = eventLoop.makePromise(of: GatewayUser.self)
        let now = self.now()
        let answer = self.state.withLock { state -> Answer in
            if let known = state.known[channel], known.expiry > now { return .known(known.user) }
            if let asked = state.asked[channel] { return .awaited(asked) }
            state.asked[channel] = promise.futureResult
            return .unknown
        }
        switch answer {
        case .known(let user):
            promise.succeed(user)
        case .awaited(let user):
            promise.completeWith(user)
        case .unknown:
            promise.completeWithTask {
                self.remember(await self.ask(platform, token: token), of: channel)
            }
        }
        return promise.futureResult
    }

    private func ask(_ platform: QQPlatform, token: Secret) async -> GatewayUser? {
        let headers: HTTPHeaders = ["Authorization": "QQBot \(token.exposeText())"]
        do throws(QQRefusal) {
            let answer = try await platform.requestUser(headers: headers, timeout: Self.timeout)
            guard answer.status == .ok else { return nil }
            return GatewayUser(json: Array(try await answer.body(upTo: 64 << 10).readableBytesView))
        } catch {
            return nil
        }
    }

    /// - Parameter user: nil where the platform has not said it.
    /// - Returns: who the bot is from now on.
    private func remember(_ user: GatewayUser?, of channel: ChannelID) -> GatewayUser {
        let now = self.now()
        let known = self.state.withLock { state in
            state.asked[channel] = nil
            let known = Self.known(user, before: state.known[channel], of: channel, now: now)
            if state.known[channel] == nil { Self.makeRoom(in: &state.known, now: now) }
            state.known[channel] = known
            return known
        }
        if known.isMadeUp {
            self.log.withLock {
                $0.write(
                    "the platform did not say who a bot is; its READY has a made-up user",
                    metadata: ["channel": "\(channel)"]
                )
            }
        }
        return known.user
    }

    private static func known(
        _ user: GatewayUser?,
        before: Known?,
        of channel: ChannelID,
        now: NIODeadline
    ) -> Known {
        if let user { return Known(user: user, isMadeUp: false, expiry: now + Self.lifetime) }
        // The shards of a bot are one user, whatever becomes of a question.
        var known = before ?? Known(user: GatewayUser(madeUpFor: channel), isMadeUp: true, expiry: now)
        known.expiry = now + Self.pause
        return known
    }

    /// Those of whom nothing is known go first, then those of whom the platform would be asked again.
    private static func makeRoom(in known: inout [ChannelID: Known], now: NIODeadline) {
        guard known.count >= Self.limit else { return }
        known = known.filter { !$0.value.isMadeUp }
        guard known.count >= Self.limit else { return }
        known = known.filter { $0.value.expiry > now }
        if known.count >= Self.limit { known.removeAll(keepingCapacity: true) }
    }
}
