// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOEmbedded
import NIOHTTP1
import Shared
import Testing

@testable import Egress

@Suite struct ObservationRoutesTests {
    private let loop = EmbeddedEventLoop()

    private func router() -> Router {
        let registry = BotRegistry()
        registry.renew(.empty)
        var router = Router()
        ObservationRoutes(
            broker: MemoryBroker(),
            authenticator: ClientAuthenticator(access: Access(mode: .open, registry: registry), now: { 0 }),
            state: NodeState(),
            gate: nil,
            seats: LocalSeats(),
            eventLoop: self.loop
        ).addRoutes(to: &router)
        return router
    }

    /// What a request for a channel's notes is answered: a stream, which holds its seat, or a response.
    private func open(_ secret: String, _ method: HTTPMethod = .GET, by router: Router) throws -> HTTPReply {
        let head = HTTPRequestHead(version: .http1_1, method: method, uri: "/inspector/notes?secret=\(secret)")
        let request = try #require(HTTPRequest(head: head, body: ByteBuffer(), remoteAddress: nil))
        let reply = router.respond(to: request)
        guard case .eventually(let later) = reply else { return reply }
        return try later.wait()
    }

    private func status(_ reply: HTTPReply) -> UInt {
        switch reply {
        case .upgrade: 200
        case .response(let response): response.status.code
        case .stream, .eventually, .promptly, .awaited: 0
        }
    }

    /// So many look on at a bot, and no more: each is a connection and a subscription. Who goes makes room.
    @Test func limit() throws {
        let router = self.router()
        var open = try (0..<ObservationRoutes.limit).map { _ in try self.open("a-secret", by: router) }
        #expect(open.map { self.status($0) } == Array(repeating: 200, count: ObservationRoutes.limit))
        guard case .response(let refusal) = try self.open("a-secret", by: router) else {
            Issue.record("one too many")
            return
        }
        #expect(refusal.status == .tooManyRequests && String(buffer: refusal.body).contains("bot_notes"))
        #expect(self.status(try self.open("a-secret", .HEAD, by: router)) == 200)
        #expect(self.status(try self.open("another-secret", by: router)) == 200)
        open.removeLast()
        #expect(self.status(try self.open("a-secret", by: router)) == 200)
    }
}
