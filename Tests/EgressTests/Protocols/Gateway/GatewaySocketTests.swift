// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Logging
import NIOCore
import NIOEmbedded
import Shared
import Synchronization
import Testing

@testable import Egress

/// The gateway's handler on an embedded event loop: bytes in, bytes out, with the broker in memory.
@Suite struct GatewaySocketTests {
    private let loop = EmbeddedEventLoop()
    private let broker: MemoryBroker
    private let secret = Secret("demo-secret")
    private let services: GatewayServices
    private let state = NodeState()

    init() throws {
        var configuration = MemoryBrokerConfiguration()
        configuration.retentionCount = 200
        let broker = MemoryBroker(configuration: configuration)
        self.broker = broker
        let loop = self.loop
        let lane = Lane(configuration: EgressConfiguration(), broker: broker, eventLoop: loop)
        self.services = GatewayServices(
            lane: lane,
            hub: Hub(broker: broker, grace: .seconds(5)),
            broker: broker,
            state: self.state,
            times: GatewayTimes(),
            configuration: WebSocketConfiguration(messageLimit: GatewayProtocol.frameLimit),
            metrics: GatewayMetrics(logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })),
            user: { loop.makeSucceededFuture(GatewayUser(madeUpFor: $1)) }
        )
        try broker.remember(
            TokenGrant(secret: self.secret),
            for: TokenDigest(of: Secret("T")),
            lifetimeMilliseconds: 60_000,
            on: loop
        ).wait()
    }

    /// A client that has connected.
    private final class Client {
        let channel: EmbeddedChannel
        let output = HeldOutput()

        init(_ services: GatewayServices, loop: EmbeddedEventLoop, grant: TokenGrant?) throws {
            self.channel = EmbeddedChannel(handler: self.output, loop: loop)
            try self.channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
            try GatewaySocket.open(on: self.channel, services: services, grant: grant)
        }

        func send(_ text: String) throws {
            try self.channel.writeInbound(ByteBuffer(bytes: ClientFrame.text(text).bytes))
        }

        func identify(_ token: String = "QQBot T") throws {
            try self.send(#"{"op":2,"d":{"token":"\#(token)","intents":33554432,"shard":[0,1]}}"#)
        }

        func resume(_ id: String, after sequence: Int) throws {
            try self.send(#"{"op":6,"d":{"token":"QQBot T","session_id":"\#(id)","seq":\#(sequence)}}"#)
        }

        /// What was sent since the last call.
        func frames() throws -> [ServerFrame] {
            for _ in 0..<20 { self.channel.embeddedEventLoop.advanceTime(by: .microseconds(20)) }
            var bytes: [UInt8] = []
            while let buffer = try self.channel.readOutbound(as: ByteBuffer.self) { bytes += buffer.readableBytesView }
            return try ServerFrame.read(bytes)
        }

        /// The numbers of the dispatches that were sent since the last call.
        func sequences() throws -> [Int] {
            try self.frames().compactMap { frame in
                guard let start = frame.text.firstRange(of: "\"s\":") else { return nil }
                return Int(frame.text[start.upperBound...].prefix { $0.isNumber })
            }
        }

        /// The id of the session whose READY came.
        func sessionID() throws -> String {
            let text = try self.frames().map(\.text).joined()
            let start = try #require(text.firstRange(of: "\"session_id\":\""))
            return String(text[start.upperBound...].prefix { $0 != "\"" })
        }
    }

    /// What those who look on are told.
    private final class Notes: ObservationReceiver {
        private let received = Mutex<[String]>([])

        var texts: [String] { self.received.withLock { $0 } }

        func receive(_ observation: Observation) {
            self.received.withLock { $0.append(String(buffer: observation.json)) }
        }
    }

    private func client(grant: TokenGrant? = nil) throws -> Client {
        try Client(self.services, loop: self.loop, grant: grant)
    }

    private func publish(_ count: Int, type: String = "C2C_MESSAGE_CREATE", size: Int = 1) throws {
        for _ in 0..<count {
            let text = String(repeating: "x", count: size)
            let body = ByteBuffer(string: #"{"op":0,"id":"e","d":{"content":"\#(text)"},"t":"\#(type)"}"#)
            let event = Event(platform: "qq", receivedAt: 0, body: body, bodyIsUTF8: true)
            _ = try self.broker.publish(
                event,
                to: ChannelID(secret: self.secret),
                key: nil,
                retention: nil,
                on: self.loop
            ).future(
                on: self.loop
            ).wait()
        }
    }

    /// Hello comes by itself, READY after Identify, then events with numbers that go on from READY's.
    @Test func session() throws {
        try self.publish(3)
        let client = try self.client()
        #expect(try client.frames().map(\.text) == [#"{"op":10,"d":{"heartbeat_interval":45000}}"#])
        try client.identify()
        let ready = try client.frames()
        #expect(ready.count == 1)
        // The log began anew with this feed's epoch, or went on: either way what follows is one more.
        #expect(ready[0].text.contains(#""t":"READY""#))
        try self.publish(2)
        #expect(try client.sequences() == [5, 6])
        try client.send(#"{"op":1,"d":6}"#)
        #expect(try client.frames().map(\.text) == [#"{"op":11}"#])
    }

    /// Those who look on are told of what a client was sent, not of what its intents left out.
    @Test func deliveryReporter() throws {
        let client = try self.client()
        try client.identify()
        #expect(try client.sequences().count == 1)
        let notes = Notes()
        let observing = self.broker.observe(ChannelID(secret: self.secret), with: notes, on: self.loop)
        self.loop.run()
        _ = try observing.wait()
        try self.publish(1, type: "MESSAGE_CREATE")
        #expect(try client.sequences().isEmpty)
        self.loop.advanceTime(by: .milliseconds(200))
        #expect(notes.texts.isEmpty)
        try self.publish(1)
        #expect(try client.sequences().count == 1)
        self.loop.advanceTime(by: .milliseconds(200))
        #expect(notes.texts.count == 1 && notes.texts[0].contains(#""protocol":"gateway""#))
    }

    /// A client whose intents admit nothing of what comes has used nothing up; what it is sent counts.
    @Test func lookingOnUsesNothingUp() throws {
        for (type, offset) in [("MESSAGE_CREATE", nil), ("C2C_MESSAGE_CREATE", 2)] as [(String, UInt64?)] {
            let client = try self.client()
            try client.identify()
            _ = try client.frames()
            try self.publish(1, type: type)
            _ = try client.frames()
            try client.channel.writeInbound(ByteBuffer(bytes: ClientFrame.close(code: 1000).bytes))
            let cursor = self.broker.cursor(of: .anybody, on: ChannelID(secret: self.secret), eventLoop: self.loop)
            #expect(try cursor.wait()?.offset == offset)
        }
    }

    /// The URL that names the bot takes any token, and knows the session that a token's socket began.
    @Test func secretInURL() throws {
        let one = try self.client()
        try one.identify()
        let id = try one.sessionID()
        try one.channel.close().wait()
        try self.publish(2)
        let other = try self.client(grant: TokenGrant(secret: self.secret))
        try other.send(#"{"op":6,"d":{"token":"whatever","session_id":"\#(id)","seq":1}}"#)
        #expect(try other.sequences() == [2, 3, 3])
    }

    /// A token that nobody remembered is 4004.
    @Test func unknownToken() throws {
        let client = try self.client()
        try client.identify("QQBot another")
        let frames = try client.frames()
        #expect(frames.last?.closeCode == 4004)
        #expect(self.services.strangers.isEmpty)
        #expect(self.services.hub.feedCount == 0)
    }

    /// What was missed comes before what comes, each once, whatever is published while the log is read.
    @Test func resumes() throws {
        let one = try self.client()
        try one.identify()
        let id = try one.sessionID()
        try self.publish(3)
        #expect(try one.sequences() == [2, 3, 4])
        try one.channel.close().wait()
        try self.publish(150)
        let other = try self.client()
        _ = try other.frames()
        // The feed's lane has these still in its mailbox when the session joins.
        try self.publish(5)
        try other.resume(id, after: 3)
        try self.publish(5)
        let sequences = try other.sequences()
        #expect(sequences == Array(4...164) + [164])
        try self.publish(1)
        let next = try other.sequences()
        #expect(next == [165])
    }

    /// A client that reads slowly gets the log page by page, and no more than it takes waits for it.
    @Test func resumesSlowClient() throws {
        let one = try self.client()
        try one.identify()
        let id = try one.sessionID()
        try one.channel.close().wait()
        try self.publish(150, size: 8 << 10)
        let other = try self.client()
        _ = try other.frames()
        other.output.hold(other.channel)
        try other.resume(id, after: 1)
        var numbers: [Int] = []
        for _ in 0..<100 where numbers.last != 151 || numbers.count < 152 {
            other.output.release(other.channel)
            other.output.hold(other.channel)
            let sent = try other.sequences()
            #expect(sent.count <= 64)
            numbers += sent
        }
        #expect(numbers == Array(2...151) + [151])
    }

    /// Of what is no longer retained the numbers have a gap; what is left comes, and then what comes.
    @Test func resumesWithWhatIsLeft() throws {
        let one = try self.client()
        try one.identify()
        let id = try one.sessionID()
        try one.channel.close().wait()
        try self.publish(210)
        let other = try self.client()
        _ = try other.frames()
        try other.resume(id, after: 1)
        let sequences = try other.sequences()
        #expect(sequences == Array(12...211) + [211])
        try self.publish(1)
        #expect(try other.sequences() == [212])
    }

    /// A made-up session is op 9, then 4006.
    @Test func madeUp() throws {
        let client = try self.client()
        _ = try client.frames()
        try client.resume(String(repeating: "0", count: 82), after: 1)
        let frames = try client.frames()
        #expect(frames.first?.text == #"{"op":9,"d":false}"#)
        #expect(frames.last?.closeCode == 4006)
    }

    /// A drain is op 7, then 4009, for sessions and for those that have not identified.
    @Test func drains() throws {
        let client = try self.client()
        try client.identify()
        _ = try client.frames()
        let stranger = try self.client()
        _ = try stranger.frames()
        for member in self.services.lane.members { member.drain() }
        self.services.drainStrangers()
        for drained in [client, stranger] {
            let frames = try drained.frames()
            #expect(frames.first?.text == #"{"op":7}"#)
            #expect(frames.last?.closeCode == 4009)
        }
        #expect(self.services.lane.members.isEmpty)
        #expect(self.services.strangers.isEmpty)
    }

    /// Whoever identifies while the node drains is sent away at once.
    @Test func identifiesWhileDraining() throws {
        let client = try self.client()
        _ = try client.frames()
        self.state.drain()
        try client.identify()
        let frames = try client.frames()
        #expect(frames.first?.text == #"{"op":7}"#)
        #expect(frames.last?.closeCode == 4009)
        self.loop.advanceTime(by: .seconds(6))
        #expect(self.services.hub.feedCount == 0)
    }

    /// A flood is closed with 4008, and a sound session beside it goes on.
    @Test func flood() throws {
        let sound = try self.client()
        try sound.identify()
        _ = try sound.frames()
        let hostile = try self.client()
        let beat = ClientFrame.text(#"{"op":1,"d":1}"#).bytes
        try hostile.channel.writeInbound(ByteBuffer(bytes: (0..<10_000).flatMap { _ in beat }))
        let frames = try hostile.frames()
        #expect(frames.count <= GatewayProtocol.limits.messageBurst + 2)
        #expect(frames.last?.closeCode == 4008)
        try self.publish(1)
        #expect(try sound.sequences() == [2])
    }

    /// Without Identify the socket is closed when its time is over; a session that beats is not.
    @Test func timers() throws {
        let silent = try self.client()
        let client = try self.client()
        try client.identify()
        _ = try (silent.frames(), client.frames())
        for _ in 0..<40 {
            self.loop.advanceTime(by: .seconds(5))
            for each in [silent, client] where each.channel.isActive {
                // Both answer the WebSocket's own pings.
                try each.channel.writeInbound(ByteBuffer(bytes: ClientFrame.pong().bytes))
            }
            try client.send(#"{"op":1,"d":1}"#)
        }
        #expect(try silent.frames().contains { $0.closeCode == 4003 })
        #expect(client.channel.isActive)
        #expect(try !client.frames().contains { $0.opcode == 8 })
    }

    /// Intents hold for what is live and for what is replayed; the numbers have gaps and no repeats.
    @Test func intents() throws {
        let one = try self.client()
        try one.identify()
        let id = try one.sessionID()
        try self.publish(1)
        try self.publish(1, type: "GUILD_CREATE")
        try self.publish(1)
        #expect(try one.sequences() == [2, 4])
        try one.channel.close().wait()
        try self.publish(1, type: "GUILD_CREATE")
        try self.publish(1)
        let other = try self.client()
        try other.resume(id, after: 2)
        #expect(try other.sequences() == [4, 6, 6])
    }

    /// A socket that ends leaves nothing behind.
    @Test func ends() throws {
        let client = try self.client()
        try client.identify()
        _ = try client.frames()
        #expect(self.services.lane.members.count == 1)
        try client.channel.close().wait()
        #expect(self.services.lane.members.isEmpty)
        self.loop.advanceTime(by: .seconds(6))
        #expect(self.services.hub.feedCount == 0)
    }
}
