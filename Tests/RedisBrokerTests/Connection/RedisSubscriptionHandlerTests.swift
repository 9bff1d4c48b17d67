// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOEmbedded
import Testing

@testable import RedisBroker

/// The subscription connection on an embedded channel.
@Suite struct RedisSubscriptionHandlerTests {
    /// What the owner was told, in order.
    private final class Owner: RedisSubscriptionOwner {
        var told: [String] = []

        func subscriptionConnectionReady() { self.told.append("ready") }
        func subscriptionsRestored() { self.told.append("restored") }
        func subscribed(to channel: String) { self.told.append("subscribed \(channel)") }
        func message(on channel: String, payload: ByteBuffer) {
            self.told.append("message \(channel) \(String(buffer: payload))")
        }
        func dropped(_ channels: [String], _ drop: ShardDrop) {
            self.told.append("dropped \(channels.joined(separator: " "))")
        }
        func subscriptionConnectionLost(_ loss: RedisLoss) { self.told.append("lost \(loss.reason.rawValue)") }
    }

    private let owner = Owner()
    private let channel = EmbeddedChannel()

    private func start(_ channels: [String]) throws -> RedisSubscriptionHandler {
        let handler = RedisSubscriptionHandler(
            machine: RedisSubscriptionStateMachine(
                configuration: .init(
                    handshakeTimeout: .seconds(2),
                    pingInterval: .seconds(15),
                    pingTimeout: .seconds(2),
                    batch: 2
                ),
                channels: channels
            ),
            handshake: RedisHandshake.start(credentials: nil, database: 0, clientName: "test"),
            limits: RESPLimits(),
            owner: self.owner
        )
        try self.channel.pipeline.syncOperations.addHandler(handler)
        try self.channel.connect(to: SocketAddress(unixDomainSocketPath: "/x")).wait()
        #expect(try self.written() == "CLIENT SETNAME test ROLE PING")
        try self.receive("+OK\r\n*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n+PONG\r\n")
        return handler
    }

    private func receive(_ text: String) throws {
        try self.channel.writeInbound(ByteBuffer(string: text))
    }

    private func push(_ kind: String, _ channel: String, count: Int = 1) -> String {
        "*3\r\n$\(kind.utf8.count)\r\n\(kind)\r\n$\(channel.utf8.count)\r\n\(channel)\r\n:\(count)\r\n"
    }

    /// The next write, without the lines of lengths.
    private func written() throws -> String? {
        guard let bytes = try self.channel.readOutbound(as: ByteBuffer.self) else { return nil }
        let lines = String(buffer: bytes).split(separator: "\r\n")
        return lines.filter { !$0.hasPrefix("*") && !$0.hasPrefix("$") }.joined(separator: " ")
    }

    /// What was wanted is subscribed at once, and confirmed in order with what else comes.
    @Test func restores() throws {
        _ = try self.start(["a", "b", "c"])
        #expect(self.owner.told == ["ready"])
        #expect(try self.written() == "SUBSCRIBE a b SUBSCRIBE c")
        let message = "*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$2\r\nhi\r\n"
        let text = self.push("subscribe", "a") + message + self.push("subscribe", "b") + self.push("subscribe", "c")
        for byte in text.utf8 { try self.channel.writeInbound(ByteBuffer(bytes: [byte])) }
        #expect(
            self.owner.told == ["ready", "subscribed a", "message a hi", "subscribed b", "subscribed c", "restored"]
        )
    }

    /// The wishes of a tick are one write; a channel that is on already is answered without one.
    @Test func oneWriteATick() throws {
        let handler = try self.start([])
        #expect(self.owner.told == ["ready", "restored"])
        handler.subscribe(["a"])
        handler.subscribe(["b"])
        #expect(try self.written() == nil)
        self.channel.embeddedEventLoop.run()
        #expect(try self.written() == "SUBSCRIBE a b")
        try self.receive(self.push("subscribe", "a") + self.push("subscribe", "b"))
        handler.unsubscribe(["b"])
        handler.subscribe(["a", "c"])
        self.channel.embeddedEventLoop.run()
        #expect(try self.written() == "UNSUBSCRIBE b SUBSCRIBE c")
        #expect(self.owner.told.suffix(3) == ["subscribed a", "subscribed b", "subscribed a"])
    }

    /// A half-open connection is found.
    @Test func keepAlive() throws {
        _ = try self.start([])
        self.channel.embeddedEventLoop.advanceTime(by: .seconds(15))
        #expect(try self.written() == "PING")
        try self.receive("+PONG\r\n")
        self.channel.embeddedEventLoop.advanceTime(by: .seconds(15))
        #expect(try self.written() == "PING")
        self.channel.embeddedEventLoop.advanceTime(by: .seconds(2))
        #expect(self.owner.told.last == "lost ping_timeout")
        #expect(!self.channel.isActive)
    }

    /// It ends once, for the first reason.
    @Test func ends() throws {
        let handler = try self.start([])
        handler.lose(RedisLoss(.deaf, "probe"))
        handler.lose(RedisLoss(.shutdown))
        self.channel.embeddedEventLoop.run()
        handler.subscribe(["a"])
        self.channel.embeddedEventLoop.run()
        #expect(self.owner.told == ["ready", "restored", "lost deaf"])
        #expect(try self.written() == nil)
    }

    /// What is no RESP, and what is no push, end it.
    @Test(arguments: ["!\r\n", "$999999999\r\n", ":1\r\n", "*1\r\n$7\r\nmessage\r\n", "-ERR\r\n"])
    func nonsense(text: String) throws {
        _ = try self.start([])
        try self.receive(text + "+OK\r\n")
        #expect(self.owner.told.count == 3)
        #expect(self.owner.told.last?.hasPrefix("lost") == true)
        #expect(!self.channel.isActive)
    }
}
