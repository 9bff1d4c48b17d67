// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import BrokerConformance
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
        self.lane = Lane(configuration: EgressConfiguration(), broker: self.broker, eventLoop: self.loop)
    }

    /// - Parameters:
    ///   - query: what its URL asks for.
    ///   - now: the time of a client that answers; nil for one that does not.
    private func connect(
        to id: ChannelID? = nil,
        query: String = "",
        answersAt now: Int64? = nil,
        output: HeldOutput = HeldOutput()
    ) throws -> EmbeddedChannel {
        let channel = EmbeddedChannel(handler: output, loop: self.loop)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        let request = try StreamRequest(query: QueryParameters(encoded: query[...]), hasBacklog: true)
        let (place, beginning) = try self.hub.takePlace(
            on: id ?? self.secret,
            for: request,
            now: 1_000_000,
            eventLoop: self.loop
        ).wait()
        let answers = now.map { now in
            RawAnswers(
                services: RawAnswerServices(
                    broker: self.broker,
                    metrics: ReplyMetrics(),
                    eventLoop: self.loop,
                    now: { now }
                )
            )
        }
        try RawSocket.open(
            on: channel,
            lane: self.lane,
            place: place,
            beginning: beginning,
            rate: request.rate,
            configuration: WebSocketConfiguration(),
            metrics: SocketMetrics(logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })),
            options: RawSocket.Options(answers: answers, filter: request.filter, consumer: request.consumer)
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
        _ = try self.broker.publish(event, to: id ?? self.secret, key: nil, retention: nil, on: self.loop).future(
            on: self.loop
        ).wait()
    }

    /// What was written to a socket, without the pings that ask whether it has had it.
    private func sent(to channel: EmbeddedChannel) throws -> [UInt8] {
        try self.written(to: channel).filter { $0.first != 0x89 }.flatMap { $0 }
    }

    private func written(to channel: EmbeddedChannel) throws -> [[UInt8]] {
        for _ in 0..<10 { self.loop.advanceTime(by: .microseconds(20)) }
        var writes: [[UInt8]] = []
        while let buffer = try channel.readOutbound(as: ByteBuffer.self) {
            writes.append(Array(buffer.readableBytesView))
        }
        return writes
    }

    /// The first event after a rest takes a ping along; what follows is asked for by the lane, once a second. One socket of
    /// the secret is asked at first, and who wants no backlog is not.
    @Test func asksAtOnce() throws {
        let (one, other) = (try self.connect(), try self.connect())
        let careless = try self.connect(query: "backlog=off")
        func publish(_ body: String) throws -> [UInt8] {
            try self.publish(ByteBuffer(string: body))
            return [0x81, UInt8(body.utf8.count)] + body.utf8
        }
        func pong(_ number: UInt8) throws {
            // A mask and the seven high bytes of the number.
            let zeros = [UInt8](repeating: 0, count: 4 + 7)
            try one.writeInbound(ByteBuffer(bytes: [0x8A, 0x88] + zeros + [number]))
        }
        func ping(_ number: UInt8) -> [UInt8] { [0x89, 8, 0, 0, 0, 0, 0, 0, 0, number] }

        var event = try publish("1")
        #expect(try self.written(to: one) == [event, ping(1)])
        #expect(try self.written(to: other) == [event])
        #expect(try self.written(to: careless) == [event])
        try pong(1)
        event = try publish("2")
        #expect(try self.written(to: one) == [event])
        self.loop.advanceTime(by: .seconds(1))
        #expect(try self.written(to: one) == [ping(2)])
        try pong(2)
        self.loop.advanceTime(by: .seconds(1))
        #expect(try self.written(to: one) == [])
        event = try publish("3")
        #expect(try self.written(to: one) == [event, ping(3)])
        #expect(try self.broker.cursor(of: .anybody, on: self.secret, eventLoop: self.loop).wait()?.offset == 2)
        try pong(3)
        #expect(try self.broker.cursor(of: .anybody, on: self.secret, eventLoop: self.loop).wait()?.offset == 3)
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
        let late = try self.connect(query: "backlog=off")
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

    /// A socket that breaks while it is sent an event is held by nothing, and its cursor stays where it was.
    @Test func breaksWhileItIsSent() throws {
        let output = HeldOutput()
        let channel = try self.connect(output: output)
        weak let handler = try channel.pipeline.syncOperations.handler(type: WebSocketHandler.self)
        #expect(handler != nil)
        output.breaks = true
        try self.publish(ByteBuffer(string: "1"))
        _ = try self.sent(to: channel)
        #expect(!channel.isActive && self.lane.members.isEmpty)
        #expect(handler == nil)
        #expect(try self.broker.cursor(of: .anybody, on: self.secret, eventLoop: self.loop).wait() == nil)
    }

    /// A socket that said goodbye to its client has the cursor where the client's answer shows it to be, and not before.
    @Test func farewell() throws {
        let channel = try self.connect()
        try self.publish(ByteBuffer(string: "1"))
        _ = try self.sent(to: channel)
        for member in self.lane.members { member.drain() }
        var cursor = try self.broker.cursor(of: .anybody, on: self.secret, eventLoop: self.loop).wait()
        #expect(cursor == nil)
        try channel.writeInbound(ByteBuffer(bytes: ClientFrame.close(code: 1012).bytes))
        cursor = try self.broker.cursor(of: .anybody, on: self.secret, eventLoop: self.loop).wait()
        #expect(cursor?.offset == 1)
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
        let late = try self.connect(query: "backlog=off", answersAt: 100)
        try self.publish(ByteBuffer(string: "?"), reply: last)
        _ = try self.sent(to: early)
        try early.writeInbound(ByteBuffer(bytes: ClientFrame.text("a").bytes))
        #expect(inbox.tokens == [open.token])
        try late.writeInbound(ByteBuffer(bytes: ClientFrame.text("b").bytes))
        #expect(inbox.tokens == [open.token, last.token])
    }

    // MARK: What it gets of the past

    private func bodies(_ channel: EmbeddedChannel) throws -> [String] {
        var bodies: [String] = []
        // It answers what the window asks, which may bring more, and not what the cursor is for.
        while case let frames = try ServerFrame.read(self.written(to: channel).flatMap { $0 }), !frames.isEmpty {
            for frame in frames where frame.opcode == 0x9 && frame.payload.first == 0x80 {
                try channel.writeInbound(ByteBuffer(bytes: ClientFrame(opcode: 0xA, payload: frame.payload).bytes))
            }
            bodies += frames.filter { $0.opcode == 0x1 }.map(\.text)
        }
        return bodies
    }

    private func publish(_ bodies: String...) throws {
        for body in bodies { try self.publish(ByteBuffer(string: body)) }
    }

    /// Says goodbye, as a client does.
    private func leave(_ channel: EmbeddedChannel) throws {
        try channel.writeInbound(ByteBuffer(bytes: ClientFrame.close(code: 1000).bytes))
        self.loop.run()
    }

    /// What no socket has had is the first one's to come, in order, and then what comes.
    @Test func getsWhatNobodyHad() throws {
        try self.publish("1", "2")
        let first = try self.connect()
        try self.publish("3")
        #expect(try self.bodies(first) == ["1", "2", "3"])
        try self.leave(first)
        try self.publish("4", "5")
        let second = try self.connect()
        #expect(try self.bodies(second) == ["4", "5"])
        try self.leave(second)
        #expect(try self.bodies(try self.connect()) == [])
    }

    /// A client that vanishes before its system acknowledged anything is not one that has had it.
    @Test func keepsWhatAVanishedClientMayNotHaveHad() throws {
        let first = try self.connect()
        try self.publish("1")
        #expect(try self.bodies(first) == ["1"])
        try first.close().wait()
        self.loop.run()
        #expect(try self.bodies(try self.connect()) == ["1"])
    }

    /// Who looks on gets what comes, and takes nothing away from the bot.
    @Test func looksOn() throws {
        try self.publish("1")
        let onlooker = try self.connect(query: "backlog=off")
        try self.publish("2")
        #expect(try self.bodies(onlooker) == ["2"])
        try self.leave(onlooker)
        #expect(try self.bodies(try self.connect()) == ["1", "2"])
    }

    /// A consumer of a name has a cursor of its own.
    @Test func consumersAreApart() throws {
        try self.publish("1")
        let bot = try self.connect()
        #expect(try self.bodies(bot) == ["1"])
        try self.leave(bot)
        let archive = try self.connect(query: "consumer=archive")
        #expect(try self.bodies(archive) == ["1"])
        try self.leave(archive)
        try self.publish("2")
        #expect(try self.bodies(try self.connect(query: "consumer=archive")) == ["2"])
        #expect(try self.bodies(try self.connect(query: "consumer=other&backlog=off")) == [])
        try self.publish("3")
        #expect(try self.bodies(try self.connect()) == ["2", "3"])
        #expect(try self.bodies(try self.connect(query: "consumer=other")) == ["3"])
    }

    /// What a filter drops is not sent later either.
    @Test func filteredEventsCountAsHad() throws {
        try self.publish(#"{"a":1}"#, #"{"a":2}"#)
        let bot = try self.connect(query: "where=a:2")
        try self.publish(#"{"a":2,"b":1}"#, #"{"a":3}"#)
        #expect(try self.bodies(bot) == [#"{"a":2}"#, #"{"a":2,"b":1}"#])
        try self.leave(bot)
        #expect(try self.bodies(try self.connect()) == [])
    }

    /// Who chose where it begins, and whose filter dropped all that came, has used nothing up.
    @Test func lookingOnUsesNothingUp() throws {
        try self.publish("1", "2")
        let watcher = try self.connect(query: "since=1000s&where=a:9")
        try self.publish("3")
        #expect(try self.bodies(watcher) == [])
        try self.leave(watcher)
        #expect(try self.bodies(try self.connect()) == ["1", "2", "3"])
    }

    /// A start of the client's own choice.
    @Test func startsWhereItIsTold() throws {
        try self.publish("1", "2", "3")
        let epoch = try self.broker.log(self.secret, after: nil, limit: 1, on: self.loop).wait().head.epoch
        #expect(try self.bodies(try self.connect(query: "after=\(Position(epoch: epoch, offset: 2))")) == ["3"])
        // The samples were received at 0, and it is 1,000 s.
        #expect(try self.bodies(try self.connect(query: "since=999s")) == [])
        #expect(try self.bodies(try self.connect(query: "since=1000s")) == ["1", "2", "3"])
    }

    /// Of a backlog a client gets few events, and the next when it has read those: what it has read is had, and what it has not
    /// got is nowhere on the way.
    @Test func sendsNoMoreThanIsRead() throws {
        try self.publish("1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13")
        let channel = try self.connect()
        var expected = [1...4, 5...12, 13...13]
        while !expected.isEmpty {
            let frames = try ServerFrame.read(self.written(to: channel).flatMap { $0 })
            #expect(frames.filter { $0.opcode == 0x1 }.map(\.text) == expected.removeFirst().map(String.init))
            let silent = try ServerFrame.read(self.written(to: channel).flatMap { $0 })
            #expect(silent.isEmpty)
            for frame in frames where frame.opcode == 0x9 {
                try channel.writeInbound(ByteBuffer(bytes: ClientFrame(opcode: 0xA, payload: frame.payload).bytes))
            }
            self.loop.run()
        }
        #expect(try self.broker.cursor(of: .anybody, on: self.secret, eventLoop: self.loop).wait()?.offset == 12)
    }

    /// A backlog that ends together with a window leaves nothing behind: the client is not asked any more, and its
    /// socket is let go of at its end.
    @Test func letsGoOfItsBacklog() throws {
        for number in 1...12 { try self.publish("\(number)") }
        let channel = try self.connect()
        weak let socket = self.lane.members.first as? RawSocket
        #expect(socket != nil)
        #expect(try self.bodies(channel) == (1...12).map(String.init))
        self.loop.advanceTime(by: DeliveryWindow.nextLook)
        let frames = try ServerFrame.read(self.written(to: channel).flatMap { $0 })
        #expect(!frames.contains { $0.opcode == 0x9 && $0.payload.first == 0x80 })
        try channel.close().wait()
        self.loop.run()
        #expect(socket == nil)
    }

    /// An interruption that was on its way when a socket joined behind it does not take it back; a log that goes back
    /// itself does.
    @Test func lateInterruptions() throws {
        try self.publish("1", "2")
        let channel = try self.connect(query: "backlog=off")
        let epoch = try self.broker.log(self.secret, after: nil, limit: 1, on: self.loop).wait().head.epoch
        let socket = try #require(self.lane.members.first)
        #expect(socket.presenceDetails.offset == 2)
        socket.interrupted(.trimmed, head: Position(epoch: epoch, offset: 1))
        #expect(socket.presenceDetails.offset == 2)
        socket.interrupted(.trimmed, head: Position(epoch: epoch, offset: 4))
        #expect(socket.presenceDetails.offset == 4)
        socket.interrupted(.ahead, head: Position(epoch: epoch, offset: 3))
        #expect(socket.presenceDetails.offset == 3)
        #expect(channel.isActive)
    }

    /// At a rate, what is due in a twentieth of a second goes at once, and what comes meanwhile waits its turn.
    @Test func pacesTheBacklog() throws {
        try self.publish("1", "2", "3", "4", "5")
        let slow = try self.connect(query: "rate=40")
        #expect(try self.bodies(slow) == ["1", "2"])
        try self.publish("6")
        self.loop.advanceTime(by: .milliseconds(40))
        #expect(try self.bodies(slow) == [])
        self.loop.advanceTime(by: .milliseconds(10))
        #expect(try self.bodies(slow) == ["3", "4"])
        self.loop.advanceTime(by: .milliseconds(200))
        #expect(try self.bodies(slow) == ["5", "6"])
        try self.publish("7", "8", "9")
        #expect(try self.bodies(slow) == ["7", "8", "9"])
    }
}
