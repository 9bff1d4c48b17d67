// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Logging
import NIOCore
import NIOEmbedded
import NIOHTTP1
import Shared
import Synchronization
import Testing

@testable import Ingress

/// What counts towards the ban of an address, and whose events are taken from one that is banned for a bot.
@Suite struct BannedAddressesTests {
    private static let sharedAddress = "192.0.2.1"
    private static let secret = "secret-of-the-bot"
    private static let banAfter = 20

    private final class Time: Sendable {
        private let moment = Mutex(NIODeadline.uptimeNanoseconds(1_000_000_000))

        var now: NIODeadline { self.moment.withLock { $0 } }

        func pass(_ time: TimeAmount) { self.moment.withLock { $0 = $0 + time } }
    }

    private let loop = EmbeddedEventLoop()
    private let broker = StubBroker(feeds: 1)
    private let registry = BotRegistry()
    private let time = Time()

    /// A node that bans, and knows one bot.
    private func router(_ platform: BotPlatform = .generic) throws -> Router {
        let bot = Bot(name: try #require(BotName("demo")), platform: platform, secret: Secret(Self.secret))
        self.registry.renew(BotDirectory([bot]))
        var configuration = AddressGuardConfiguration()
        configuration.banAfter = Self.banAfter
        let time = self.time
        let guarding = AddressGuard(
            configuration: configuration,
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }),
            now: { time.now }
        )
        let addresses = try #require(guarding)
        let ingress = Ingress(
            configuration: IngressConfiguration(),
            broker: self.broker,
            drainState: nil,
            access: Access(mode: .registered, registry: self.registry),
            limits: WebhookLimits(addresses: addresses),
            clock: Clock { 1_400_000_000_000 },
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        )
        var router = Router()
        try ingress.addRoutes(to: &router, on: self.loop)
        router.guardRoutes(except: [], by: addresses, on: self.loop)
        return router
    }

    /// An event that is signed with a secret.
    private func event(signedWith secret: String) -> WebhookRequest {
        let code = Hex.encode(HMACSHA256.code(key: secret.utf8, over: "hi".utf8))
        return WebhookRequest("generic/demo", headers: [("X-Hub-Signature-256", "sha256=" + code)], body: "hi")
    }

    /// What an address is answered, by its status, its reason or else its body.
    private func respond(
        _ router: Router,
        _ request: WebhookRequest,
        from address: String = BannedAddressesTests.sharedAddress
    ) throws -> String {
        var request = request
        request.remoteAddress = try SocketAddress(ipAddress: address, port: 4_000)
        return try self.text(of: router.respond(to: request.request))
    }

    private func text(of reply: HTTPReply) throws -> String {
        switch reply {
        case .response(let response): return "\(response.status.code) \(String(buffer: response.body))"
        case .eventually(let future), .promptly(let future):
            // Refusals are held back.
            self.loop.advanceTime(by: AddressGuard.longestDelay)
            return try self.text(of: future.wait())
        case .awaited: return "it waits for a reply"
        case .stream, .upgrade: return "something else"
        }
    }

    /// Has an address banned for the bot.
    private func ban(_ router: Router, _ address: String = BannedAddressesTests.sharedAddress) throws {
        for _ in 0..<Self.banAfter / 2 {
            let answer = try self.respond(router, self.event(signedWith: "another-secret"), from: address)
            #expect(answer.contains("wrong_signature"))
        }
        let answer = try self.respond(router, self.event(signedWith: "another-secret"), from: address)
        #expect(answer.hasPrefix("429") && answer.contains("banned_for_bot"))
    }

    /// Whoever has a platform send wrong events to a bot does not keep its genuine ones away, even days after the last;
    /// an address that never sent one learns of no right guess.
    @Test func sharedAddresses() throws {
        let router = try self.router()
        let genuine = self.event(signedWith: Self.secret)
        #expect(try self.respond(router, genuine) == "200 OK")
        for _ in 0..<2 {
            self.time.pass(.hours(72))
            try self.ban(router)
            #expect(try self.respond(router, genuine) == "200 OK")
        }
        try self.ban(router, "192.0.2.2")
        #expect(try self.respond(router, genuine, from: "192.0.2.2").contains("banned_for_bot"))
        #expect(self.broker.published.count == 3)
    }

    /// Of a flood through a platform's address no more is judged than there may be, and what is genuine is taken again
    /// soon after.
    @Test func floods() throws {
        let router = try self.router()
        let genuine = self.event(signedWith: Self.secret)
        #expect(try self.respond(router, genuine) == "200 OK")
        try self.ban(router)
        for _ in 0..<100 {
            let answer = try self.respond(router, self.event(signedWith: "another-secret"))
            #expect(answer.contains("banned_for_bot"))
        }
        #expect(try self.respond(router, genuine).contains("banned_for_bot"))
        self.time.pass(.seconds(1))
        #expect(try self.respond(router, genuine) == "200 OK")
    }

    /// What was never compared with a secret bans nobody: stale events, as of a node whose clock is wrong, and requests
    /// without a signature.
    @Test(arguments: [BotPlatform.qq, .wechat, .generic])
    func noGuesses(platform: BotPlatform) throws {
        let router = try self.router(platform)
        let (refused, genuine, reason) = try self.requests(of: platform)
        for _ in 0..<2 * Self.banAfter {
            let answer = try self.respond(router, refused)
            #expect(answer.hasPrefix("401") && answer.contains(reason), "\(answer)")
        }
        _ = try self.respond(router, genuine)
        #expect(self.broker.published.count == 1)
    }

    /// A request that is refused without a look at its signature, a genuine one, and why the first is refused.
    private func requests(of platform: BotPlatform) throws -> (WebhookRequest, WebhookRequest, reason: String) {
        func qq(_ timestamp: String) throws -> WebhookRequest {
            let body = #"{"op":0,"id":"e","d":{},"t":"T"}"#
            let key = try QQKey(secret: Secret(Self.secret))
            let signature = try key.signature(timestamp: timestamp.utf8, body: body.utf8)
            let headers = [("X-Signature-Ed25519", signature), ("X-Signature-Timestamp", timestamp)]
            return WebhookRequest("qq/demo", headers: headers, body: body)
        }
        func weChat(_ timestamp: String) throws -> WebhookRequest {
            var sender = WeChatSender(token: Self.secret, key: nil)
            sender.timestamp = timestamp
            var request = try sender.request()
            request[query: "secret"] = nil
            request.platform = "wechat/demo"
            return request
        }
        let (stale, fresh) = ("1399999000", "1400000000")
        switch platform {
        case .qq: return (try qq(stale), try qq(fresh), "stale_timestamp")
        case .wechat: return (try weChat(stale), try weChat(fresh), "stale_timestamp")
        default: return (WebhookRequest("generic/demo"), self.event(signedWith: Self.secret), "missing_signature")
        }
    }
}
