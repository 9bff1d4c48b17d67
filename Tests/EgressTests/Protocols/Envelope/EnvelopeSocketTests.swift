// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Logging
import NIOCore
import NIOEmbedded
import NIOHTTP1
import Shared
import Testing

@testable import Egress

/// The envelope protocol's handler on an embedded event loop: bytes in, bytes out, with the broker in memory.
@Suite struct EnvelopeSocketTests {
    private let bench = try? EnvelopeBench()

    /// A client that has connected.
    private struct Client {
        let channel: EmbeddedChannel
        let output = HeldOutput()
        private let bench: EnvelopeBench

        init(
            _ bench: EnvelopeBench,
            after resumption: DeliveryStateMachine.Resumption? = nil,
            query: String = ""
        ) throws {
            self.bench = bench
            self.channel = EmbeddedChannel(handler: self.output, loop: bench.loop)
            try self.channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
            try EnvelopeSocket.open(
                on: self.channel,
                services: bench.services,
                request: StreamRequest(query: QueryParameters(encoded: query[...]), hasBacklog: false),
                beginning: StreamBeginning(resumption: resumption),
                place: try bench.place()
            )
        }

        func send(_ text: String) throws {
            try self.channel.writeInbound(ByteBuffer(bytes: ClientFrame.text(text).bytes))
        }

        /// What was sent since the last call, without the pings that ask whether the client has had it.
        func frames() throws -> [ServerFrame] {
            var frames: [ServerFrame] = []
            // What it answers may bring more.
            while case let new = try ServerFrame.read(self.bench.sent(to: self.channel)), !new.isEmpty {
                for frame in new where frame.opcode == 0x9 {
                    let pong = ClientFrame(opcode: 0xA, payload: frame.payload)
                    try self.channel.writeInbound(ByteBuffer(bytes: pong.bytes))
                }
                frames += new.filter { $0.opcode != 0x9 }
            }
            return frames
        }

        /// The same, as CloudEvents.
        func events() throws -> [[String: Any]] {
            try self.frames().map { try EnvelopeSample.parse($0.text) }
        }

        /// The bodies of the events, and the types of what the relay says.
        func words() throws -> [String] {
            try self.events().map { ($0["data"] as? NSNumber)?.stringValue ?? ($0["type"] as? String ?? "") }
        }
    }

    /// An event arrives in its envelope, the same bytes for every socket of the channel.
    @Test func deliversEnvelopes() throws {
        let bench = try #require(self.bench)
        let (one, other) = (try Client(bench), try Client(bench))
        try bench.publish("1")
        let frames = try one.frames()
        #expect(frames.map(\.opcode) == [1])
        #expect(try other.frames() == frames)
        let members = try EnvelopeSample.parse(try #require(frames.first?.text))
        #expect((members["data"] as? NSNumber)?.intValue == 1)
        try bench.publish("2", "3")
        #expect(try one.words() == ["2", "3"])
    }

    /// Who began with what comes, and whose filter dropped that, has used nothing up; what it is sent is had.
    @Test func lookingOnUsesNothingUp() throws {
        let bench = try #require(self.bench)
        for (body, offset) in [(#"{"a":1}"#, nil), (#"{"a":9}"#, 2)] as [(String, UInt64?)] {
            let client = try Client(bench, query: "where=a:9")
            try bench.publish(body)
            _ = try bench.sent(to: client.channel)
            try client.channel.writeInbound(ByteBuffer(bytes: ClientFrame.close(code: 1000).bytes))
            let cursor = bench.broker.cursor(of: .anybody, on: EnvelopeSample.channel, eventLoop: bench.loop)
            #expect(try cursor.wait()?.offset == offset)
        }
    }

    /// A reply goes to the node that its token names, and the client is told what became of it.
    @Test(arguments: ReplyOutcome.allCases)
    func replies(outcome: ReplyOutcome) throws {
        let bench = try #require(self.bench)
        let inbox = try SampleInbox(bench.broker, outcome: outcome, loop: bench.loop)
        let client = try Client(bench)
        try bench.publish("1", reply: inbox.offer())
        let event = try #require(try client.events().first)
        let token = try #require(event["replytoken"] as? String)
        try client.send(#"{"type":"reply","token":"\#(token)","text":"hi","ref":"r"}"#)
        let answer = try #require(try client.events().first)
        #expect(answer["type"] as? String == "hookwire.reply_result" && answer["ref"] as? String == "r")
        #expect(answer["outcome"] as? String == outcome.rawValue && answer["token"] as? String == token)
        #expect(inbox.replies == [.text("hi")] && inbox.tokens.map(\.description) == [token])
    }

    /// A client that goes while its reply is under way leaves nothing behind.
    @Test func goesWhileReplying() throws {
        let bench = try #require(self.bench)
        let client = try Client(bench)
        try client.send(#"{"type":"reply","token":"\#(EnvelopeSample.token)","text":"hi"}"#)
        try client.channel.close().wait()
        #expect(bench.lane.members.isEmpty)
    }

    /// Too many frames that are of no use close the socket with 1008, behind the answers that say why.
    @Test func tooManyFaults() throws {
        let client = try Client(try #require(self.bench))
        for _ in 0...EnvelopeProtocol.faults.messageBurst { try client.send("x") }
        let frames = try client.frames()
        #expect(frames.count == EnvelopeProtocol.faults.messageBurst + 1)
        #expect(frames.last?.closeCode == 1008)
    }

    /// Who says where it was gets the answer, then what it missed, then what comes, each once.
    @Test func resumes() throws {
        let bench = try #require(self.bench)
        let positions = try bench.publish(count: 200)
        let client = try Client(bench, after: .after(positions[9]))
        try bench.publish("201")
        let events = try client.events()
        #expect(events.first?["type"] as? String == "hookwire.recovery")
        #expect((events.first?["recovered"] as? NSNumber)?.boolValue == true)
        #expect(events.first?["position"] as? String == "\(positions[9])")
        #expect(events.dropFirst().compactMap { ($0["data"] as? NSNumber)?.intValue } == Array(11...201))
        try bench.publish("202")
        #expect(try client.words() == ["202"])
    }

    /// A position that the log cannot go on from is told with the reason, and nothing is replayed.
    @Test func recoversNot() throws {
        let bench = try #require(self.bench)
        let positions = try bench.publish(count: 3)
        let stranger = Position(epoch: Epoch(rawValue: 1), offset: 0)
        let ahead = Position(epoch: positions[0].epoch, offset: 9)
        for (resumption, reason) in [
            (DeliveryStateMachine.Resumption.after(stranger), "epoch_changed"), (.after(ahead), "ahead"),
            (.unreadable, "bad_position"),
        ] {
            let client = try Client(bench, after: resumption)
            let event = try #require(try client.events().first)
            #expect((event["recovered"] as? NSNumber)?.boolValue == false && event["reason"] as? String == reason)
            #expect(event["position"] as? String == "\(positions[2])")
            #expect(try client.frames().isEmpty)
            try client.channel.close().wait()
        }
    }

    /// A replay goes no faster than its client reads, and what comes meanwhile is not lost.
    @Test func replaysAsReadingGoes() throws {
        let bench = try #require(self.bench)
        let positions = try bench.publish(count: 40, padding: 20 << 10)
        let client = try Client(bench, after: nil)
        client.output.hold(client.channel)
        let slow = try Client(bench, after: .after(Position(epoch: positions[0].epoch, offset: 0)))
        slow.output.hold(slow.channel)
        let first = try slow.events().count
        #expect(first < 42)
        try bench.publish("41")
        slow.output.release(slow.channel)
        var words = first
        for _ in 0..<50 { words += try slow.events().count }
        #expect(words == 42)
    }

    /// A gap in the feed is told before what follows it.
    @Test func interruptions() throws {
        let bench = try #require(self.bench)
        let client = try Client(bench)
        let head = Position(epoch: Epoch(rawValue: 9), offset: 4)
        for member in bench.lane.members { member.interrupted(.epochChanged, head: head) }
        for member in bench.lane.members {
            member.deliver(
                FeedRound(entries: [
                    LogEntry(position: Position(epoch: head.epoch, offset: 5), event: EnvelopeSample.event("5"))
                ])
            )
        }
        let events = try client.events()
        #expect(events.map { $0["type"] as? String } == ["hookwire.recovery", "webhook"])
        #expect(events.first?["position"] as? String == "\(head)")
    }

    /// A client that does not read is closed, and neither its channel nor its group notices.
    @Test func slowClients() throws {
        let bench = try #require(self.bench)
        let (slow, quick) = (try Client(bench), try Client(bench))
        slow.output.hold(slow.channel)
        try bench.publish(count: 3, padding: 700 << 10)
        #expect(try quick.events().count == 3)
        #expect(bench.lane.members.count == 1)
    }

    /// What a drain takes from a member does not count as tried.
    @Test func drainedMembers() throws {
        let bench = try #require(self.bench)
        let one = try Client(bench, query: "group=g")
        try bench.publish("1")
        #expect(try one.words() == ["1"])
        for member in bench.lane.members { member.drain() }
        let other = try Client(bench, query: "group=g")
        #expect(try other.events().map { $0["attempt"] as? Int } == [1])
    }

    /// A drain tells the client to come back with 1012.
    @Test func drains() throws {
        let bench = try #require(self.bench)
        let client = try Client(bench)
        for member in bench.lane.members { member.drain() }
        #expect(try client.frames().map(\.closeCode) == [1012])
        #expect(bench.lane.members.isEmpty)
    }

    // MARK: Groups

    /// Acknowledges an event by its envelope.
    private func settle(_ verdict: String, _ event: [String: Any], _ client: Client) throws {
        let position = try #require(event["position"] as? String)
        try client.send(#"{"type":"\#(verdict)","position":"\#(position)"}"#)
    }

    /// Every event is one member's, and no member has more than it may have unsettled.
    @Test func membersShareEvents() throws {
        let bench = try #require(self.bench)
        let one = try Client(bench, query: "group=g&prefetch=2")
        let other = try Client(bench, query: "group=g&prefetch=2")
        try bench.publish("1", "2", "3", "4", "5", "6")
        let (first, second) = (try one.events(), try other.events())
        #expect(first.count == 2)
        #expect(second.count == 2)
        #expect(first.allSatisfy { $0["attempt"] as? Int == 1 })
        #expect(try one.words() == [])
        try self.settle("ack", first[0], one)
        try self.settle("ack", first[1], one)
        #expect(try one.words() == ["5", "6"])
        #expect(try other.words() == [])
        let had = try (first + second).map { try #require($0["data"] as? NSNumber).intValue }
        #expect(had.sorted() == [1, 2, 3, 4])
    }

    /// What a member refuses, or leaves behind, is another's at once, as another attempt, or its own again after a while; in
    /// the end it is a dead letter.
    @Test func whatIsNotSettledIsTriedAgain() throws {
        let bench = try #require(self.bench)
        let one = try Client(bench, query: "group=g&attempts=3")
        try bench.publish("1")
        let first = try one.events()
        try self.settle("nack", try #require(first.first), one)
        #expect(try one.events().isEmpty)
        bench.loop.advanceTime(by: RefusalPause.shortest + .seconds(2))
        let second = try one.events()
        #expect(second.map { $0["attempt"] as? Int } == [2])
        let other = try Client(bench, query: "group=g&attempts=3")
        try one.channel.close().wait()
        let third = try other.events()
        #expect(third.map { $0["attempt"] as? Int } == [3])
        try self.settle("nack", try #require(third.first), other)
        #expect(try other.events().isEmpty)
        let letters = try bench.broker.deadLetters(
            of: EnvelopeSample.channel,
            after: 0,
            limit: 10,
            eventLoop: bench.loop
        ).wait()
        #expect(letters.map(\.attempts) == [3])
        #expect(letters.map { String(buffer: $0.entry.event.body) } == ["1"])
    }

    /// An acknowledgement of what is not the client's is answered, and changes nothing.
    @Test func onlyWhatItHasIsAMembersToSettle() throws {
        let bench = try #require(self.bench)
        let one = try Client(bench, query: "group=g")
        let plain = try Client(bench)
        try bench.publish("1")
        let event = try #require(try one.events().first)
        _ = try plain.events()
        try self.settle("ack", event, plain)
        #expect(try plain.events().map { $0["reason"] as? String } == ["no_group"])
        try self.settle("ack", event, one)
        #expect(try one.events().isEmpty)
        try self.settle("nack", event, one)
        #expect(try one.events().map { $0["reason"] as? String } == ["not_unsettled"])
        try one.channel.close().wait()
        #expect(try Client(bench, query: "group=g").words() == [])
    }

    /// What a member's filter drops is done with.
    @Test func filteredEventsAreSettled() throws {
        let bench = try #require(self.bench)
        let one = try Client(bench, query: "group=g&where=a:1")
        try bench.publish(#"{"a":1}"#, #"{"a":2}"#)
        #expect(try one.events().count == 1)
        try one.channel.close().wait()
        #expect(try Client(bench, query: "group=g").events().count == 1)
    }
}
