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
        var expiry: NIODeadline
    }

    private static let limit = 4_096
    private static let lifetime = TimeAmount.minutes(10)
    /// How long the platform is not asked again of whom it did not say anything.
    private static let pause = TimeAmount.seconds(30)
    /// A client waits for READY meanwhile, so not for long.
    private static let timeout = TimeAmount.seconds(5)
    /// After how long a place is looked for again, where all bots come at once and requests for others have them all.
    private static let breath = TimeAmount.milliseconds(100)

    private let platform: QQPlatform?
    private let logger: Logger
    private let known = Mutex<[ChannelID: Known]>([:])

    init(platform: QQPlatform?, logger: Logger) {
        self.platform = platform
        self.logger = logger
    }

    /// The user of a token's bot, on `eventLoop`. Where the platform does not say it, a made-up one: a session must not
    /// fail for a name.
    func user(of token: Secret, channel: ChannelID, on eventLoop: any EventLoop) -> EventLoopFuture<GatewayUser> {
        let madeUp = GatewayUser(madeUpFor: channel)
        guard let platform else { return eventLoop.makeSucceededFuture(madeUp) }
        if let known = self.known.withLock({ $0[channel] }), known.expiry > .now() {
            return eventLoop.makeSucceededFuture(known.user)
        }
        let promise = eventLoop.makePromise(of: GatewayUser.self)
        promise.completeWithTask {
            guard let user = await self.ask(platform, token: token) else {
                self.logger.notice(
                    "the platform did not say who a bot is; its READY has a made-up user",
                    metadata: ["channel": "\(channel)"]
                )
                self.remember(madeUp, of: channel, for: Self.pause)
                return madeUp
            }
            self.remember(user, of: channel, for: Self.lifetime)
            return user
        }
        return promise.futureResult
    }

    private func ask(_ platform: QQPlatform, token: Secret) async -> GatewayUser? {
        let headers: HTTPHeaders = ["Authorization": "QQBot \(token.exposeText())"]
        let deadline = NIODeadline.now() + Self.timeout
        while true {
            do throws(QQRefusal) {
                let answer = try await platform.requestUser(headers: headers, timeout: deadline - .now())
                guard answer.status == .ok else { return nil }
                return GatewayUser(json: Array(try await answer.body(upTo: 64 << 10).readableBytesView))
            } catch {
                guard error == .upstreamBusy, .now() + Self.breath < deadline else { return nil }
                // A node that ends cancels nothing: the time is short.
                try? await Task.sleep(nanoseconds: UInt64(Self.breath.nanoseconds))
            }
        }
    }

    private func remember(_ user: GatewayUser, of channel: ChannelID, for lifetime: TimeAmount) {
        self.known.withLock { known in
            if known.count >= Self.limit { known.removeAll(keepingCapacity: true) }
            known[channel] = Known(user: user, expiry: .now() + lifetime)
        }
    }
}
