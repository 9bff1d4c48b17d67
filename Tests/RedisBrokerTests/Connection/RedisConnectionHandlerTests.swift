// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOEmbedded
import Shared
import Testing

@testable import RedisBroker

/// A command connection on an embedded channel.
@Suite struct RedisConnectionHandlerTests {
    /// What the owner was told.
    private final class Owner: RedisConnectionOwner {
        var isReady = false
        var losses: [RedisLoss] = []
        var troubles: [RedisConnectionHandler.Machine.Trouble?] = []

        func connectionReady() { self.isReady = true }
        func connectionLost(_ loss: RedisLoss) { self.losses.append(loss) }
        func troubleChanged(_ trouble: RedisConnectionHandler.Machine.Trouble?) { self.troubles.append(trouble) }
    }

    private let owner = Owner()
    private let channel = EmbeddedChannel()
    private let handler: RedisConnectionHandler

    init() throws {
        self.handler = RedisConnectionHandler(
            configuration: .init(
                handshakeTimeout: .seconds(2),
                commandTimeout: .seconds(1),
                pingInterval: .milliseconds(500),
                pingTimeout: .seconds(1),
                maximumPendingCommands: 100,
                maximumPendingBytes: 10_000
            ),
            handshake: RedisHandshake.start(credentials: nil, database: 0, clientName: "test"),
            limits: RESPLimits(),
            owner: self.owner
        )
        try self.channel.pipeline.syncOperations.addHandler(self.handler)
        try self.channel.connect(to: SocketAddress(unixDomainSocketPath: "/x")).wait()
    }

    private func send(_ name: String) -> EventLoopFuture<RESPValue> {
        let promise = self.channel.eventLoop.makePromise(of: RESPValue.self)
        self.handler.send(RESPCommand(name), to: RedisReceiver(promise))
        return promise.futureResult
    }

    private func receive(_ text: String) throws {
        try self.channel.writeInbound(ByteBuffer(string: text))
    }

    /// The next write, without the lines of lengths.
    private func written() throws -> String? {
        guard let bytes = try self.channel.readOutbound(as: ByteBuffer.self) else { return nil }
        let lines = String(buffer: bytes).split(separator: "\r\n")
        return lines.filter { !$0.hasPrefix("*") && !$0.hasPrefix("$") }.joined(separator: " ")
    }

    private func becomeReady() throws {
        #expect(try self.written() == "CLIENT SETNAME test ROLE PING")
        try self.receive("+OK\r\n*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n+PONG\r\n")
        #expect(self.owner.isReady)
    }

    /// The handshake goes out in one write as soon as the channel is active.
    @Test func handshake() throws {
        #expect(try self.written() == "CLIENT SETNAME test ROLE PING")
        #expect(try self.written() == nil)
        #expect(throws: BrokerError.unavailable) { try self.send("EARLY").wait() }
        try self.receive("+OK\r\n*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n")
        #expect(!self.owner.isReady)
        try self.receive("+PONG\r\n")
        #expect(self.owner.isReady)
        #expect(self.owner.losses == [])
    }

    /// The commands of a tick are one write, which comes at its end; replies may come in any pieces.
    @Test func oneWriteATick() throws {
        try self.becomeReady()
        let futures = ["A", "B", "C"].map { self.send($0) }
        #expect(try self.written() == nil)
        self.channel.embeddedEventLoop.run()
        #expect(try self.written() == "A B C")
        #expect(try self.written() == nil)
        for byte in "+1\r\n+2\r\n+3\r\n".utf8 { try self.channel.writeInbound(ByteBuffer(bytes: [byte])) }
        #expect(try futures.map { try $0.wait() } == ["1", "2", "3"].map { .simpleString($0) })
    }

    /// What is sent while replies are being read goes out when they have all been read.
    @Test func sentWhileReading() throws {
        try self.becomeReady()
        for name in ["A", "B"] {
            self.send(name).assumeIsolated().whenSuccess { _ in _ = self.send("AFTER-\(name)") }
        }
        self.channel.embeddedEventLoop.run()
        #expect(try self.written() == "A B")
        self.channel.pipeline.fireChannelRead(ByteBuffer(string: "+1\r\n+2\r\n"))
        #expect(try self.written() == nil)
        self.channel.pipeline.fireChannelReadComplete()
        #expect(try self.written() == "AFTER-A AFTER-B")
    }

    /// One timer serves all commands: the oldest one's deadline closes the connection.
    @Test func deadline() throws {
        try self.becomeReady()
        let first = self.send("A")
        self.channel.embeddedEventLoop.advanceTime(by: .milliseconds(600))
        let second = self.send("B")
        self.channel.embeddedEventLoop.advanceTime(by: .milliseconds(399))
        #expect(self.owner.losses == [])
        self.channel.embeddedEventLoop.advanceTime(by: .milliseconds(1))
        #expect(self.owner.losses == [RedisLoss(.commandTimeout)])
        #expect(throws: BrokerError.timeout) { try first.wait() }
        #expect(throws: BrokerError.unavailable) { try second.wait() }
        #expect(throws: BrokerError.unavailable) { try self.send("C").wait() }
        #expect(!self.channel.isActive)
    }

    /// A reply that comes in pieces keeps the connection, though all of it takes longer than silence may last.
    @Test func slowReply() throws {
        try self.becomeReady()
        let first = self.send("A")
        let second = self.send("B")
        try self.receive("$8\r\n")
        for _ in 0..<4 {
            self.channel.embeddedEventLoop.advanceTime(by: .milliseconds(900))
            try self.receive("xy")
        }
        try self.receive("\r\n+OK\r\n")
        #expect(try first.wait() == .bulk(ByteBuffer(string: "xyxyxyxy")))
        #expect(try second.wait() == .simpleString("OK"))
        #expect(self.owner.losses == [])
    }

    /// Who waits for a reply that takes too long is told so; the reply is nobody else's when it comes.
    @Test func tooSlowReply() throws {
        try self.becomeReady()
        let slow = self.send("A")
        try self.receive("$2\r\n")
        for _ in 0..<19 {
            self.channel.embeddedEventLoop.advanceTime(by: .milliseconds(500))
            try self.receive("")
        }
        let next = self.send("B")
        self.channel.embeddedEventLoop.advanceTime(by: .milliseconds(500))
        #expect(throws: BrokerError.timeout) { try slow.wait() }
        #expect(self.owner.troubles == [.stalled])
        try self.receive("xy\r\n+OK\r\n")
        #expect(try next.wait() == .simpleString("OK"))
        #expect(self.owner.troubles == [.stalled, nil])
        #expect(self.owner.losses == [])
    }

    /// A quiet connection is pinged, and a server that does not answer is left within 1.5 s.
    @Test func pings() throws {
        try self.becomeReady()
        self.channel.embeddedEventLoop.advanceTime(by: .milliseconds(500))
        #expect(try self.written() == "PING")
        try self.receive("+PONG\r\n")
        self.channel.embeddedEventLoop.advanceTime(by: .milliseconds(500))
        #expect(try self.written() == "PING")
        self.channel.embeddedEventLoop.advanceTime(by: .milliseconds(999))
        #expect(self.owner.losses == [])
        self.channel.embeddedEventLoop.advanceTime(by: .milliseconds(1))
        #expect(self.owner.losses == [RedisLoss(.pingTimeout)])
    }

    /// Trouble is told when it begins and when it ends.
    @Test func trouble() throws {
        try self.becomeReady()
        let future = self.send("A")
        try self.receive("-CLUSTERDOWN The cluster is down\r\n")
        #expect(throws: RedisError.command("CLUSTERDOWN The cluster is down")) { try future.wait() }
        #expect(self.owner.troubles == [.refusing(.command("CLUSTERDOWN The cluster is down"))])
        for _ in 0..<4 {
            self.channel.embeddedEventLoop.advanceTime(by: .milliseconds(500))
            try self.receive("+PONG\r\n")
        }
        #expect(self.owner.troubles == [.refusing(.command("CLUSTERDOWN The cluster is down")), nil])
        #expect(self.owner.losses == [])
    }

    /// What is no RESP closes the connection and fails what waits; what follows is not looked at.
    @Test func noRESP() throws {
        try self.becomeReady()
        let future = self.send("A")
        try self.receive("$-7\r\n+OK\r\n")
        #expect(throws: BrokerError.unavailable) { try future.wait() }
        #expect(self.owner.losses == [RedisLoss(.protocolViolation, "malformed")])
        #expect(!self.channel.isActive)
        try self.receive("+OK\r\n")
        #expect(self.owner.losses.count == 1)
    }

    /// A closed channel fails what waits, and is told once.
    @Test func peerCloses() throws {
        try self.becomeReady()
        let future = self.send("A")
        _ = try self.channel.finish(acceptAlreadyClosed: true)
        #expect(throws: BrokerError.unavailable) { try future.wait() }
        #expect(self.owner.losses == [RedisLoss(.peerClosed)])
    }

    /// A graceful end waits for replies, refuses what comes, and then closes.
    @Test func graceful() throws {
        try self.becomeReady()
        let future = self.send("A")
        self.handler.close()
        #expect(throws: BrokerError.closed) { try self.send("B").wait() }
        #expect(self.channel.isActive)
        try self.receive("+OK\r\n")
        #expect(try future.wait() == .simpleString("OK"))
        #expect(!self.channel.isActive)
        #expect(self.owner.losses == [RedisLoss(.shutdown)])
    }

    /// An owner that sends within the callback of a failed command gets an answer, not a crash.
    @Test func sendingWhileEnding() throws {
        try self.becomeReady()
        var late: EventLoopFuture<RESPValue>?
        self.send("A").assumeIsolated().whenFailure { _ in late = self.send("B") }
        self.channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        let future = try #require(late)
        #expect(throws: BrokerError.unavailable) { try future.wait() }
    }
}
