// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Logging
import NIOCore
import NIOEmbedded
import Shared
import Testing

@testable import Egress

@Suite struct RawSocketTests {
    private let loop = EmbeddedEventLoop()
    private let broker = MemoryBroker()
    private let secret = ChannelID(secret: Secret("s"))
    private let hub: Hub
    private let lane: Lane

    init() {
        self.hub = Hub(broker: self.broker, grace: .zero)
        self.lane = Lane(configuration: EgressConfiguration(), eventLoop: self.loop)
    }

    /// - Parameter now: the time of a client that answers; nil for one that does not.
    private func connect(to id: ChannelID? = nil, answersAt now: Int64? = nil) throws -> EmbeddedChannel {
        let channel = EmbeddedChannel(loop: self.loop)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        let place = try self.hub.takePlace(on: id ?? self.secret, eventLoop: self.loop).wait()
        try RawSocket.open(
            on: channel,
            lane: self.lane,
            place: place,
            configuration: WebSocketConfiguration(),
            metrics: SocketMetrics(logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })),
            answers: now.map { now in
                RawAnswers(
                    services: RawAnswerServices(
                        broker: self.broker,
                        metrics: ReplyMetrics(),
                        eventLoop: self.loop,
                        now: { now }
                    )
                )
            }
        )
        return channel
    }

    private func publish(_ body: ByteBuffer, to id: ChannelID? = nil, reply: ReplyOffer? = nil) throws {
        let event = Event(
            platform: "qq",
            receivedAt: 0,
            body: body,
            bodyIsUTF8: UTF8Validation.isValid(body),
            reply: reply
        )
        _ = try self.broker.publish(event, to: id ?? self.secret, key: nil, on: self.loop).future(on: self.loop).wait()
    }

    private func sent(to channel: EmbeddedChannel) throws -> [UInt8] {
        for _ in 0..<10 { self.loop.advanceTime(by: .microseconds(20)) }
        var bytes: [UInt8] = []
        while let buffer = try channel.readOutbound(as: ByteBuffer.self) { bytes += buffer.readableBytesView }
        return bytes
    }

    /// An event is one text frame with exactly the body, to every socket of the secret and to no other.
    @Test func textFrames() throws {
        let one = try self.connect()
        let other = try self.connect()
        let stranger = try self.connect(to: ChannelID(secret: Secret("t")))
        try self.publish(ByteBuffer(string: "{\"op\":0}"))
        for channel in [one, other] {
            #expect(try self.sent(to: channel) == [0x81, 8] + Array("{\"op\":0}".utf8))
        }
        #expect(try self.sent(to: stranger) == [])
    }

    /// A body that is no UTF-8 is one binary frame with the same bytes; an empty one is an empty frame.
    @Test func binaryFrames() throws {
        let channel = try self.connect()
        try self.publish(ByteBuffer(bytes: [0xFF, 0x00, 0xFE]))
        #expect(try self.sent(to: channel) == [0x82, 3, 0xFF, 0x00, 0xFE])
        try self.publish(ByteBuffer())
        #expect(try self.sent(to: channel) == [0x81, 0])
    }

    /// A socket gets what is published after it came, also where that goes out together with what was before.
    @Test func fromNowOn() throws {
        let early = try self.connect()
        try self.publish(ByteBuffer(string: "1"))
        let late = try self.connect()
        try self.publish(ByteBuffer(string: "2"))
        #expect(try self.sent(to: early) == [0x81, 1, 0x31, 0x81, 1, 0x32])
        #expect(try self.sent(to: late) == [0x81, 1, 0x32])
    }

    /// A socket that ends leaves nothing behind: not in its group, not in the hub, not in the broker.
    @Test func ends() throws {
        let one = try self.connect()
        let other = try self.connect()
        try one.close().wait()
        #expect(self.lane.members.count == 1)
        try self.publish(ByteBuffer(string: "1"))
        #expect(try self.sent(to: other) == [0x81, 1, 0x31])
        try other.close().wait()
        #expect(self.lane.members.isEmpty)
        self.loop.advanceTime(by: .seconds(1))
        #expect(self.hub.feedCount == 0)
    }

    /// A drain tells a socket to come back with 1012.
    @Test func drains() throws {
        let channel = try self.connect()
        for member in self.lane.members { member.drain() }
        let frame = try self.sent(to: channel)
        #expect(frame.first == 0x88)
        #expect(Array(frame[2..<4]) == [0x03, 0xF4])
        #expect(self.lane.members.isEmpty)
    }

    /// What a client sends is ignored.
    @Test func ignoresMessages() throws {
        let channel = try self.connect()
        try channel.writeInbound(ByteBuffer(bytes: [0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69]))
        #expect(try self.sent(to: channel) == [])
        #expect(channel.isActive)
    }

    /// A client that answers answers the oldest open question: JSON and XML as they are, anything else as a text; events
    /// that ask nothing are no questions, and binary and empty frames no answers.
    @Test func answers() throws {
        let inbox = try SampleInbox(self.broker, loop: self.loop)
        let channel = try self.connect(answersAt: 100)
        let offers = (0..<3).map { _ in inbox.offer() }
        try self.publish(ByteBuffer(string: "0"))
        for offer in offers { try self.publish(ByteBuffer(string: "?"), reply: offer) }
        #expect(try self.sent(to: channel).count == 12)
        for frame in [
            ClientFrame.text("one"), .binary([1]), .text(""), .text("{}"), .ping("p"), .text("<a/>"), .text("too many"),
        ] {
            try channel.writeInbound(ByteBuffer(bytes: frame.bytes))
        }
        #expect(inbox.tokens == offers.map(\.token))
        let bodies = inbox.replies.map { reply in
            switch reply {
            case .text(let text): text
            case .response(let response): String(buffer: response.body)
            }
        }
        #expect(bodies == ["one", "{}", "<a/>"])
        // The client hears nothing of it, as ever.
        #expect(try self.sent(to: channel) == [0x8A, 1, 0x70])
    }

    /// A question whose time is over is passed over, so that a client which leaves one unanswered does not fall behind;
    /// and one that a socket did not get is not its to answer.
    @Test func passesOverExpiredQuestions() throws {
        let inbox = try SampleInbox(self.broker, loop: self.loop)
        let early = try self.connect(answersAt: 100)
        let (expired, open, last) = (inbox.offer(deadline: 100), inbox.offer(deadline: 101), inbox.offer())
        try self.publish(ByteBuffer(string: "?"), reply: expired)
        try self.publish(ByteBuffer(string: "?"), reply: open)
        let late = try self.connect(answersAt: 100)
        try self.publish(ByteBuffer(string: "?"), reply: last)
        _ = try self.sent(to: early)
        try early.writeInbound(ByteBuffer(bytes: ClientFrame.text("a").bytes))
        #expect(inbox.tokens == [open.token])
        try late.writeInbound(ByteBuffer(bytes: ClientFrame.text("b").bytes))
        #expect(inbox.tokens == [open.token, last.token])
    }
}
