// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Logging
import NIOCore
import NIOEmbedded
import Shared
import Testing

@testable import Egress

/// Server-Sent Events on an embedded event loop: bytes out, with the broker in memory.
@Suite struct EventStreamTests {
    private let bench: EnvelopeBench

    init() throws {
        self.bench = try EnvelopeBench()
    }

    /// An event as the standard's parser makes it (HTML Living Standard, section 9.2.6), by a parser that shares no code
    /// with the writer.
    private struct Block: Equatable {
        var id = ""
        var type = "message"
        var data = ""
    }

    /// A client that has connected.
    private final class Client {
        let channel: EmbeddedChannel
        let output = HeldOutput()
        private let bench: EnvelopeBench
        private(set) var retry = 0
        private(set) var comments = 0
        private(set) var lastID = ""

        init(
            _ bench: EnvelopeBench,
            after resumption: DeliveryStateMachine.Resumption? = nil,
            query: String = "",
            isGone: Bool = false
        ) throws {
            self.bench = bench
            self.output.breaks = isGone
            self.channel = EmbeddedChannel(handler: self.output, loop: bench.loop)
            try self.channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
            try EventStream.open(
                on: self.channel,
                services: bench.services,
                request: StreamRequest(query: QueryParameters(encoded: query[...]), hasBacklog: false),
                beginning: StreamBeginning(resumption: resumption),
                place: bench.place()
            )
        }

        /// What was dispatched since the last call.
        func blocks() throws -> [Block] {
            let text = String(decoding: try self.bench.sent(to: self.channel), as: UTF8.self)
            var blocks: [Block] = []
            var block = Block()
            var data: [String] = []
            for line in text.replacing("\r\n", with: "\n").replacing("\r", with: "\n").split(
                separator: "\n",
                omittingEmptySubsequences: false
            ) {
                let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
                let value = parts.count < 2 ? "" : parts[1].hasPrefix(" ") ? String(parts[1].dropFirst()) : parts[1]
                switch parts[0] {
                case "" where parts.count == 2: self.comments += 1
                case "":
                    if !data.isEmpty {
                        block.data = data.joined(separator: "\n")
                        block.id = self.lastID
                        blocks.append(block)
                    }
                    (block, data) = (Block(), [])
                case "id": self.lastID = value
                case "event": block.type = value
                case "data": data.append(value)
                case "retry": self.retry = Int(value) ?? 0
                default: Issue.record("an unknown field: \(line)")
                }
            }
            return blocks
        }

        /// The bodies of the events, and the types of what the relay says.
        func words() throws -> [String] {
            try self.blocks().map { block in
                let members = try EnvelopeSample.parse(block.data)
                #expect(members["position"] as? String == block.id)
                return (members["data"] as? NSNumber)?.stringValue ?? block.type
            }
        }
    }

    private func client(after resumption: DeliveryStateMachine.Resumption? = nil) throws -> Client {
        try Client(self.bench, after: resumption)
    }

    /// A stream begins with the time to wait before coming back and with where it is, so that nothing is missed even if it
    /// breaks before the first event; then each event has its position as id and its envelope as data.
    @Test func stream() throws {
        let positions = try self.bench.publish(count: 2)
        let client = try self.client()
        #expect(try client.blocks() == [])
        #expect(client.retry == 2_000 && client.lastID == "\(positions[1])")
        try self.bench.publish("3", "4")
        #expect(try client.words() == ["3", "4"])
        #expect(client.lastID == "\(positions[0].epoch)-4")
    }

    /// JSON with line breaks, of any kind, arrives whole.
    @Test func lineBreaks() throws {
        let client = try self.client()
        for body in ["{\n  \"a\": 1\n}", "{\r\n\"a\":\r1}", "\n\n[\n]\n"] {
            _ = try client.blocks()
            try self.bench.publish(body)
            let blocks = try client.blocks()
            #expect(blocks.count == 1)
            let members = try EnvelopeSample.parse(try #require(blocks.first?.data))
            let expected = try JSONSerialization.jsonObject(with: Data(body.utf8))
            #expect((members["data"] as? NSObject) == expected as? NSObject)
        }
    }

    /// Who says where it was is told that it goes on, gets what it missed, and then what comes.
    @Test func resumes() throws {
        let positions = try self.bench.publish(count: 200)
        let client = try self.client(after: .after(positions[4]))
        try self.bench.publish("201")
        let words = try client.words()
        #expect(words == ["recovery"] + (6...201).map(String.init))
    }

    /// A position that the log cannot go on from is told with the reason, as an event of its own; never silently.
    @Test func recoversNot() throws {
        let positions = try self.bench.publish(count: 3)
        for (resumption, reason) in [
            (DeliveryStateMachine.Resumption.after(Position(epoch: Epoch(rawValue: 1), offset: 1)), "epoch_changed"),
            (.unreadable, "bad_position"),
        ] {
            let client = try self.client(after: resumption)
            let blocks = try client.blocks()
            #expect(blocks.map(\.type) == ["recovery"] && client.lastID == "\(positions[2])")
            let members = try EnvelopeSample.parse(try #require(blocks.first?.data))
            #expect((members["recovered"] as? NSNumber)?.boolValue == false)
            #expect(members["reason"] as? String == reason)
        }
    }

    /// A client with a backlog is nowhere before it comes: where its stream ends before, it asks for all of it again.
    @Test func nowhereBeforeTheBacklog() throws {
        try self.bench.publish("1", "2")
        let client = try Client(self.bench, after: .backlog(nil))
        let text = String(decoding: try self.bench.sent(to: client.channel), as: UTF8.self)
        let first = try #require(text.split(separator: "\n\n").first)
        #expect(first.hasPrefix("retry: ") && !first.contains("id:"))
        #expect(text.contains("\ndata: "))
    }

    /// Comments keep the stream alive, between the events.
    @Test func heartbeats() throws {
        let client = try self.client()
        _ = try client.blocks()
        self.bench.loop.advanceTime(by: .seconds(60))
        try self.bench.publish("1")
        #expect(try client.words() == ["1"])
        #expect(client.comments == 2)
    }

    /// A stream's place moves with events that it is not sent, at the next sign of life: a client that comes back does not ask
    /// for what it had no use for, and may not be there any more.
    @Test func placeBehindFilteredEvents() throws {
        let client = try Client(self.bench, query: "where=d.author.id:abc")
        #expect(try client.blocks() == [] && client.lastID.hasSuffix("-0"))
        let positions = try self.bench.publish(count: 3)
        #expect(try client.blocks() == [] && client.lastID.hasSuffix("-0"))
        self.bench.loop.advanceTime(by: .seconds(25))
        #expect(try client.blocks() == [] && client.comments == 0)
        #expect(client.lastID == "\(positions[2])")
        self.bench.loop.advanceTime(by: .seconds(25))
        #expect(try client.blocks() == [] && client.comments == 1)
    }

    /// A client that has not caught up yet is told no place that it has not reached.
    @Test func placeInTheBacklog() throws {
        let positions = try self.bench.publish(count: 3, padding: 70 << 10)
        let client = try Client(self.bench, after: .backlog(nil))
        let handler = try client.channel.pipeline.syncOperations.handler(type: EventStreamHandler.self)
        handler.heartbeat(.ping)
        _ = try client.blocks()
        #expect(client.lastID == "\(positions[2])")
    }

    /// The loop looks at its input between the heartbeats of many streams.
    @Test func heartbeatsInPortions() throws {
        var configuration = EgressConfiguration()
        (configuration.pingInterval, configuration.pongTimeout) = (.seconds(2), .zero)
        let bench = try EnvelopeBench(configuration)
        let beat = bench.loop.now + .seconds(1)
        let clients = try (0..<80).map { _ in try Client(bench) }
        for client in clients { _ = try client.blocks() }
        func heard() throws -> Int {
            try clients.filter { try $0.channel.readOutbound(as: ByteBuffer.self) != nil }.count
        }
        bench.loop.advanceTime(to: beat)
        #expect(try heard() == 32)
        bench.loop.advanceTime(by: .milliseconds(1))
        #expect(try heard() == 8)
    }

    /// A client that reads nothing from one visit to the next is taken for dead; one that reads a little is not.
    @Test func deadClients() throws {
        let client = try self.client()
        let handler = try client.channel.pipeline.syncOperations.handler(type: EventStreamHandler.self)
        client.output.hold(client.channel)
        try self.bench.publish("1")
        handler.heartbeat(.ping)
        client.output.release(client.channel)
        handler.heartbeat(.answer)
        #expect(self.bench.lane.members.count == 1)
        client.output.hold(client.channel)
        try self.bench.publish("2")
        handler.heartbeat(.answer)
        #expect(self.bench.lane.members.count == 1)
        handler.heartbeat(.ping)
        handler.heartbeat(.answer)
        #expect(self.bench.lane.members.isEmpty && !client.channel.isActive)
    }

    /// A client that does not read is closed when its queue is full, and the others are not.
    @Test func slowClients() throws {
        let (slow, quick) = (try self.client(), try self.client())
        _ = try slow.blocks()
        slow.output.hold(slow.channel)
        try self.bench.publish(count: 3, padding: 700 << 10)
        #expect(try quick.words() == ["1", "2", "3"])
        #expect(self.bench.lane.members.count == 1)
        #expect(!slow.channel.isActive)
    }

    /// A drain ends the stream, behind what was sent, and leaves nothing.
    @Test func drains() throws {
        let client = try self.client()
        try self.bench.publish("1")
        #expect(try client.words() == ["1"])
        for member in self.bench.lane.members { member.drain() }
        self.bench.loop.run()
        #expect(!client.channel.isActive)
        #expect(self.bench.lane.members.isEmpty)
    }

    /// A client of which the first write shows that it has gone is let go of, and its log is not read.
    @Test func goneBeforeTheOpening() throws {
        try self.bench.publish(count: 2)
        let client = try Client(self.bench, after: .backlog(nil), isGone: true)
        #expect(!client.channel.isActive)
        #expect(self.bench.lane.members.isEmpty)
    }

    /// What a client sends is thrown away; a client that goes leaves nothing behind.
    @Test func clientsGo() throws {
        let client = try self.client()
        try client.channel.writeInbound(ByteBuffer(string: "GET / HTTP/1.1\r\n\r\n"))
        try self.bench.publish("1")
        #expect(try client.words() == ["1"])
        client.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        #expect(!client.channel.isActive)
        #expect(self.bench.lane.members.isEmpty)
    }
}
