// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import BrokerConformance
import NIOCore
import NIOEmbedded
import NIOHTTP1
import Shared
import Testing

@testable import Egress

/// How many sockets an address and a bot may have, and that each is given back however its connection ends.
@Suite struct SocketGateTests {
    private static func request(from address: String) throws -> HTTPRequest {
        let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: "/ws")
        let peer = try SocketAddress(ipAddress: address, port: 4_000)
        return try #require(HTTPRequest(head: head, body: ByteBuffer(), remoteAddress: peer))
    }

    private static func gate(perAddress: Int) throws -> SocketGate {
        var limits = SocketLimits()
        limits.perAddress = perAddress
        return try #require(SocketGate(limits: limits))
    }

    /// What `enter` lets in is let in again once it was given back, by whichever way.
    private func expectFree(_ gate: SocketGate, _ request: HTTPRequest) {
        #expect(throws: Never.self) { try gate.enter(request)?.giveBack() }
    }

    /// Without limits there is no gate, and an address that is not known to be a client's own is not counted.
    @Test func uncounted() throws {
        #expect(SocketGate(limits: SocketLimits()) == nil)
        let gate = try Self.gate(perAddress: 1)
        let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: "/ws")
        let request = try #require(HTTPRequest(head: head, body: ByteBuffer(), remoteAddress: nil))
        for _ in 0..<3 { #expect(try gate.enter(request) == nil) }
    }

    /// One more is refused, another address is not, and neighbours in IPv6 are one.
    @Test func addresses() throws {
        let gate = try Self.gate(perAddress: 1)
        let seat = try gate.enter(try Self.request(from: "2001:db8::1"))
        let problem = #expect(throws: Problem.self) { try gate.enter(try Self.request(from: "2001:db8::2")) }
        #expect(problem?.status == .tooManyRequests)
        #expect(problem?.headers.map(\.name) == ["Retry-After"])
        #expect(try gate.enter(try Self.request(from: "2001:db8:0:1::1")) != nil)
        seat?.giveBack()
        self.expectFree(gate, try Self.request(from: "2001:db8::2"))
    }

    /// A connection that changes its protocol holds its seat until it is closed.
    @Test func closed() throws {
        let gate = try Self.gate(perAddress: 1)
        let request = try Self.request(from: "192.0.2.1")
        let channel = EmbeddedChannel()
        try channel.connect(to: try SocketAddress(ipAddress: "192.0.2.1", port: 1)).wait()
        do {
            let reply = HTTPReply.upgrade(HTTPUpgrade(headers: []) { _ in }).holding(try gate.enter(request))
            guard case .upgrade(let upgrade) = reply else { return #expect(Bool(false), "it is an upgrade") }
            try upgrade.install(channel)
        }
        #expect(throws: Problem.self) { try gate.enter(request) }
        try channel.close().wait()
        channel.embeddedEventLoop.run()
        self.expectFree(gate, request)
    }

    /// A socket that could not be opened, whose client has gone meanwhile, or that is refused after all, holds nothing.
    @Test func neverOpened() throws {
        let gate = try Self.gate(perAddress: 1)
        let request = try Self.request(from: "192.0.2.1")
        let loop = EmbeddedEventLoop()
        struct Failure: Error {}
        do {
            let channel = EmbeddedChannel()
            let failing = HTTPReply.upgrade(HTTPUpgrade(headers: []) { _ in throw Failure() })
                .holding(try gate.enter(request))
            guard case .upgrade(let upgrade) = failing else { return #expect(Bool(false), "it is an upgrade") }
            #expect(throws: Failure.self) { try upgrade.install(channel) }
            _ = try? channel.finish()
        }
        self.expectFree(gate, request)
        do {
            let place = loop.makePromise(of: HTTPReply.self)
            let reply = HTTPReply.eventually(place.futureResult).holding(try gate.enter(request))
            guard case .eventually(let answer) = reply else { return #expect(Bool(false), "it comes later") }
            #expect(throws: Problem.self) { try gate.enter(request) }
            // Nobody takes the answer: the connection was lost.
            place.succeed(.upgrade(HTTPUpgrade(headers: []) { _ in }))
            _ = try answer.wait()
        }
        self.expectFree(gate, request)
        do {
            let place = loop.makePromise(of: HTTPReply.self)
            let reply = HTTPReply.eventually(place.futureResult).holding(try gate.enter(request))
            guard case .eventually(let answer) = reply else { return #expect(Bool(false), "it comes later") }
            place.fail(Failure())
            #expect(throws: Failure.self) { try answer.wait() }
        }
        self.expectFree(gate, request)
    }

    /// A bot's seat goes with its place on the feed, and a bot without a limit takes none.
    @Test func bots() async throws {
        let name = try #require(BotName("limited"))
        var bot = Bot(name: name, platform: .qq, secret: Secret("a secret of a bot"))
        bot.limits.sockets = 1
        let registry = BotRegistry()
        registry.renew(BotDirectory([bot]))
        let hub = Hub(
            broker: MemoryBroker(),
            grace: .zero,
            seats: BotSeats(registry: registry, store: LocalSeats<ChannelID>())
        )
        let eventLoop = Fixtures.eventLoop
        let place = try await hub.takePlace(on: bot.channel, eventLoop: eventLoop).get()
        await #expect(throws: SocketRefusal.botSockets) {
            try await hub.takePlace(on: bot.channel, eventLoop: eventLoop).get()
        }
        for _ in 0..<3 { _ = try await hub.takePlace(on: Fixtures.channel(), eventLoop: eventLoop).get() }
        place.giveBack()
        place.giveBack()
        let again = try await hub.takePlace(on: bot.channel, eventLoop: eventLoop).get()
        await #expect(throws: SocketRefusal.botSockets) {
            try await hub.takePlace(on: bot.channel, eventLoop: eventLoop).get()
        }
        again.giveBack()
    }

    /// Sockets that are opened too fast are asked to come back, with 503.
    @Test func openings() throws {
        var limits = SocketLimits()
        limits.new = RateLimit(rate: 0.5, burst: 2)
        let made = SocketGate(limits: limits, now: { .uptimeNanoseconds(1) })
        let gate = try #require(made)
        for address in ["192.0.2.1", "192.0.2.2"] { _ = try gate.enter(try Self.request(from: address)) }
        let problem = #expect(throws: Problem.self) { try gate.enter(try Self.request(from: "192.0.2.3")) }
        #expect(problem?.status == .serviceUnavailable)
        #expect(problem?.headers.map(\.value) == ["2"])
    }
}
