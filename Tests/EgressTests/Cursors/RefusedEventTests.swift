// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOEmbedded
import NIOHTTP1
import Shared
import Testing

@testable import Egress

/// Which event a client is taken to have refused as too long, by the sizes of those that it was sent.
@Suite struct RefusedEventTests {
    private let loop = EmbeddedEventLoop()
    private let broker: MemoryBroker
    private let channel = ChannelID(secret: Secret("s"))

    init() {
        var configuration = MemoryBrokerConfiguration()
        configuration.retentionCount = 10_000
        self.broker = MemoryBroker(configuration: configuration)
    }

    private func publish(_ sizes: [Int]) throws -> [Position] {
        try sizes.map { size in
            let body = ByteBuffer(repeating: 0x61, count: size)
            return try self.publish(Event(platform: "qq", receivedAt: 0, body: body, bodyIsUTF8: true))
        }
    }

    private func publish(_ event: Event) throws -> Position {
        let publication = try self.broker.publish(event, to: self.channel, key: nil, retention: nil, on: self.loop)
            .future(on: self.loop).wait()
        guard case .stored(let position, feeds: _) = publication else { throw BrokerError.unavailable }
        return position
    }

    private func find(upTo end: Position) throws -> Position? {
        try RefusedEvent(consumer: .anybody, channel: self.channel, end: end, broker: self.broker)
            .find(on: self.loop).wait()
    }

    /// The first that any client may refuse; where there is none, the first. What was sent last is the end.
    @Test(arguments: [
        ([10, 20_000, 30, 90_000], 4, 2), ([10, 500, 30, 500], 4, 1), ([10, 500, 90_000], 2, 1), ([0], 1, 1),
    ])
    func sizes(sizes: [Int], sent: Int, found: Int) throws {
        let positions = try self.publish(sizes)
        #expect(try self.find(upTo: positions[sent - 1]) == positions[found - 1])
    }

    /// Long header fields make a long envelope, and bytes that are no text a message that some do not take.
    @Test func notByTheBodyAlone() throws {
        let small = try self.publish([10])
        let bytes = ByteBuffer(bytes: [0xFF])
        let binary = try self.publish(Event(platform: "qq", receivedAt: 0, body: bytes, bodyIsUTF8: false))
        #expect(try self.find(upTo: binary) == binary)
        try self.broker.moveCursor(of: .anybody, on: self.channel, to: binary, eventLoop: self.loop).wait()
        let more = try self.publish([10])
        let headers: HTTPHeaders = ["X-Long": String(repeating: "x", count: 28_000)]
        let text = ByteBuffer(string: "{}")
        let long = try self.publish(
            Event(platform: "qq", receivedAt: 0, headers: headers, body: text, bodyIsUTF8: true)
        )
        #expect(try self.find(upTo: long) == long && small[0].offset < more[0].offset)
    }

    /// What the client has had is not looked at.
    @Test func behindTheCursor() throws {
        let positions = try self.publish([90_000, 10, 80_000, 10])
        try self.broker.moveCursor(of: .anybody, on: self.channel, to: positions[0], eventLoop: self.loop).wait()
        #expect(try self.find(upTo: positions[3]) == positions[2])
        try self.broker.moveCursor(of: .anybody, on: self.channel, to: positions[3], eventLoop: self.loop).wait()
        #expect(try self.find(upTo: positions[3]) == nil)
    }

    /// A search ends, and finds something to go on behind that was read.
    @Test func longLog() throws {
        let positions = try self.publish([Int](repeating: 10, count: 2_000) + [90_000])
        #expect(try self.find(upTo: positions[2_000]) == positions[0])
        try self.broker.moveCursor(of: .anybody, on: self.channel, to: positions[1_500], eventLoop: self.loop).wait()
        #expect(try self.find(upTo: positions[2_000]) == positions[2_000])
    }

    /// A log that began anew has nothing of what the client was sent.
    @Test func otherEpoch() throws {
        _ = try self.publish([90_000])
        #expect(try self.find(upTo: Position(epoch: Epoch(rawValue: 1), offset: 5)) == nil)
    }
}
