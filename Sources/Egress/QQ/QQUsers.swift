// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import NIOCore
internal import NIOHTTP1
internal import Shared
internal import Synchronization

/// A cache of the bots' users as reported by the platform. Any thread.
final class QQUsers: Sendable {
    private struct Known {
        var user: GatewayUser
        var isMadeUp: Bool
        /// When the platform is asked again.
        var expiry: NIODeadline
    }

    private struct State {
        var known: [ChannelID: Known] = [:]
        /// The look-ups in flight, shared: many shards of a bot connect at once.
        var asked: [ChannelID: EventLoopFuture<GatewayUser>] = [:]
    }

    private enum Answer {
        case known(GatewayUser)
        case awaited(EventLoopFuture<GatewayUser>)
        case unknown
    }

    private static let limit = 4_096
    private static let lifetime = TimeAmount.minutes(10)
    /// How long until a failed look-up is retried.
    private static let pause = TimeAmount.seconds(30)
    /// Short, since a client waits for READY meanwhile.
    private static let timeout = TimeAmount.seconds(5)

    private let platform: QQPlatform?
    private let now: @Sendable () -> NIODeadline
    private let state = Mutex(State())
    /// Sampled: every invented secret is another bot that the platform does not know.
    private let log: Mutex<SampledLog>

    /// - Parameter now: a monotonic clock.
    init(platform: QQPlatform?, logger: Logger, now: @escaping @Sendable () -> NIODeadline = { .now() }) {
        self.platform = platform
        self.now = now
        self.log = Mutex(SampledLog(logger, level: .notice, burst: 20, perSecond: 0.5))
    }

    /// The user of a token's bot, on `eventLoop`. If the platform does not report one, the previous one, or a
    /// placeholder: a session must not fail for a name.
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

    private func ask(_ platform: QQPlatform, token: Secret) async -> Result<GatewayUser, QQUserFailure> {
        let headers: HTTPHeaders = ["Authorization": "QQBot \(token.exposeText())"]
        do throws(QQRefusal) {
            let answer = try await platform.requestUser(headers: headers, timeout: Self.timeout)
            let body = Array(try await answer.body(upTo: 64 << 10).readableBytesView)
            guard answer.status == .ok, let user = GatewayUser(json: body) else {
                return .failure(QQUserFailure(status: answer.status.code, body: body))
            }
            return .success(user)
        } catch {
            return .failure(.unanswered(error))
        }
    }

    /// - Returns: the bot's user from now on.
    private func remember(_ answer: Result<GatewayUser, QQUserFailure>, of channel: ChannelID) -> GatewayUser {
        let user = try? answer.get()
        let now = self.now()
        let known = self.state.withLock { state in
            state.asked[channel] = nil
            let known = Self.known(user, before: state.known[channel], of: channel, now: now)
            if state.known[channel] == nil { Self.makeRoom(in: &state.known, now: now) }
            state.known[channel] = known
            return known
        }
        if known.isMadeUp, case .failure(let failure) = answer {
            self.log.withLock {
                $0.write(
                    "the platform did not say who a bot is; its READY has a made-up user",
                    metadata: failure.metadata.merging(["channel": "\(channel)"]) { first, _ in first }
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
        // All shards of a bot get the same user, even if a look-up fails.
        var known = before ?? Known(user: GatewayUser(madeUpFor: channel), isMadeUp: true, expiry: now)
        known.expiry = now + Self.pause
        return known
    }

    /// Evicts placeholders first, then expired entries.
    private static func makeRoom(in known: inout [ChannelID: Known], now: NIODeadline) {
        guard known.count >= Self.limit else { return }
        known = known.filter { !$0.value.isMadeUp }
        guard known.count >= Self.limit else { return }
        known = known.filter { $0.value.expiry > now }
        if known.count >= Self.limit { known.removeAll(keepingCapacity: true) }
    }
}
