// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOEmbedded
import Testing

@testable import Egress

@Suite struct WebSocketHandlerTests {
    private func frame(_ text: String) -> ByteBuffer {
        var buffer = ByteBuffer()
        WebSocketFrameEncoder.appendFrame(.text, payload: ByteBuffer(string: text), into: &buffer)
        return buffer
    }

    /// Bytes that came with the upgrade request, in the middle of a frame, are read like any others.
    @Test func readsLeftoverBytes() throws {
        let socket = try WebSocketTestSocket()
        let bytes = ClientFrame.text("first").bytes + ClientFrame.text("second").bytes
        try socket.receive(Array(bytes[..<15]))
        #expect(socket.owner.messages == [.text(ByteBuffer(string: "first"))])
        try socket.receive(Array(bytes[15...]))
        #expect(socket.owner.messages.count == 2)
    }

    /// What the owner sends goes out as it is, at once.
    @Test func sendsEncodedFrames() throws {
        let socket = try WebSocketTestSocket()
        #expect(socket.handler.isWritable)
        #expect(socket.handler.send(self.frame("event")) == .accepted)
        #expect(try socket.sent() == [.text("event")])
    }

    /// A socket that discards messages bothers its owner with none.
    @Test func discardsMessages() throws {
        let socket = try WebSocketTestSocket(discardsMessages: true)
        try socket.receive(.text("ignored"), .ping("p"))
        #expect(socket.owner.messages.isEmpty)
        #expect(try socket.sent() == [.pong("p")])
    }

    /// The pings of one read are answered in one write, and each of them.
    @Test func answersThePingsOfARead() throws {
        let socket = try WebSocketTestSocket()
        try socket.receive(.ping("1"), .text("between"), .ping("2"))
        let buffer = try #require(try socket.channel.readOutbound(as: ByteBuffer.self))
        #expect(try ServerFrame.read(Array(buffer.readableBytesView)) == [.pong("1"), .pong("2")])
        #expect(try socket.channel.readOutbound(as: ByteBuffer.self) == nil)
    }

    /// A ping before a message is answered before what the owner sends for the message.
    @Test func keepsTheOrderOfAnswers() throws {
        let socket = try WebSocketTestSocket()
        socket.echo()
        try socket.receive(.ping("1"), .text("a"), .ping("2"), .close(code: 4000))
        let sent = try socket.sent()
        #expect(sent.dropLast() == [.pong("1"), .text("a"), .pong("2")])
        #expect(sent.last?.closeCode == 4000)
    }

    /// The owner hears of the end once, whatever comes after it.
    @Test func endsOnce() throws {
        let socket = try WebSocketTestSocket()
        try socket.receive(.close(code: 1000), .close(code: 1000), .text("late"))
        socket.channel.pipeline.fireErrorCaught(IOError(errnoCode: 104, reason: "read"))
        socket.handler.close(reason: .drain)
        #expect(socket.handler.send(self.frame("late")) == .closed)
        socket.channel.embeddedEventLoop.run()
        #expect(socket.owner.endings == [.clientClosed])
        #expect(socket.owner.messages.isEmpty)
        #expect(!socket.isConnected)
    }

    /// The owner may close and send from within `messageReceived` and `ended`.
    @Test func ownerMayCallBack() throws {
        let socket = try WebSocketTestSocket()
        socket.owner.onMessage = { [unowned socket] _ in
            socket.handler.close(code: .init(rawValue: 4009), text: "reconnect", reason: .drain)
        }
        var lateSend: SendResult?
        socket.owner.onEnd = { [unowned socket] _ in lateSend = socket.handler.send(ByteBuffer(string: "x")) }
        try socket.receive(.text("one"), .text("two"))
        #expect(socket.owner.messages.count == 1)
        #expect(socket.owner.endings == [.drain])
        #expect(lateSend == .closed)
        let sent = try socket.sent()
        #expect(sent.map(\.closeCode) == [4009])
        #expect(sent.first?.text == "reconnect")
    }

    /// Our close waits for the peer's and then drops the connection, with no timer left.
    @Test func closesByHandshake() throws {
        let socket = try WebSocketTestSocket()
        socket.handler.close(text: "going", reason: .drain)
        #expect(try socket.sent().map(\.closeCode) == [1012])
        #expect(socket.owner.endings == [.drain])
        #expect(socket.isConnected)
        try socket.receive(.text("late"), .close(code: 1012))
        #expect(!socket.isConnected)
        #expect(socket.owner.messages.isEmpty)
    }

    /// A peer that does not answer our close is dropped 5 s later, and not before.
    @Test func dropsAtTheCloseDeadline() throws {
        let socket = try WebSocketTestSocket()
        socket.handler.close(reason: .serverClosed)
        socket.advanceTime(by: .milliseconds(4999))
        #expect(socket.isConnected)
        socket.advanceTime(by: .milliseconds(1))
        #expect(!socket.isConnected)
        #expect(socket.owner.endings == [.serverClosed])
    }

    /// A connection lost in the middle of closing leaves nothing behind that keeps the handler.
    @Test func isReleasedAfterTheEnd() throws {
        weak var handler: WebSocketHandler?
        weak var owner: RecordingOwner?
        // The loop lives on, as a server's does: a timer that was left behind would keep the handler.
        let eventLoop: EmbeddedEventLoop
        do {
            let socket = try WebSocketTestSocket()
            eventLoop = socket.channel.embeddedEventLoop
            handler = socket.handler
            owner = socket.owner
            socket.handler.close(reason: .serverClosed)
            try socket.channel.close().wait()
            socket.channel.embeddedEventLoop.run()
        }
        #expect(handler == nil)
        #expect(owner == nil)
        eventLoop.advanceTime(by: .seconds(5))
    }

    /// An owner is let go when the socket ends, not when its connection does: the two refer to each other.
    @Test func letsGoOfItsOwnerAtTheEnd() throws {
        weak var owner: RecordingOwner?
        let handler: WebSocketHandler
        do {
            let strong = RecordingOwner()
            owner = strong
            handler = WebSocketHandler(owner: strong, configuration: WebSocketConfiguration())
        }
        let channel = EmbeddedChannel(handler: handler)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        #expect(owner != nil)
        handler.close(reason: .drain)
        #expect(owner == nil)
        #expect(channel.isActive)
        _ = try channel.finish()
    }

    /// The peer's half-closure ends the socket; nothing is left open.
    @Test func endsAtHalfClosure() throws {
        let socket = try WebSocketTestSocket()
        socket.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        #expect(!socket.isConnected)
        #expect(socket.owner.endings == [.connectionLost])
    }

    /// Half-closure while we wait for the peer's close frame drops the connection at once.
    @Test func halfClosureEndsTheHandshake() throws {
        let socket = try WebSocketTestSocket()
        socket.handler.close(reason: .drain)
        socket.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        #expect(!socket.isConnected)
        #expect(socket.owner.endings == [.drain])
    }

    /// An error and the end of the connection each end the socket.
    @Test func endsWithTheConnection() throws {
        let failing = try WebSocketTestSocket()
        failing.channel.pipeline.fireErrorCaught(IOError(errnoCode: 104, reason: "read"))
        #expect(!failing.isConnected)
        #expect(failing.owner.endings == [.connectionLost])

        let closing = try WebSocketTestSocket()
        closing.channel.close(promise: nil)
        #expect(closing.owner.endings == [.connectionLost])
    }

    /// A message that is begun and never finished is not kept for as long as the peer likes, however lively it is.
    @Test func endsAMessageThatTakesTooLong() throws {
        let start = NIODeadline.uptimeNanoseconds(1_000_000_000)
        let socket = try WebSocketTestSocket()
        try socket.receive(.text("a", isFinal: false))
        socket.handler.heartbeat(.ping, now: start)
        try socket.receive(.pong(""), .continuation("b", isFinal: false))
        socket.handler.heartbeat(.answer, now: start + .seconds(11))
        try socket.receive(.continuation("c", isFinal: false))
        #expect(try socket.sent() == [.ping])
        socket.handler.heartbeat(.ping, now: start + .seconds(25))
        #expect(try socket.sent().map(\.closeCode) == [1008])
        #expect(socket.owner.endings == [.messageTimeout])

        let lively = try WebSocketTestSocket()
        for second: Int64 in 0..<100 {
            try lively.receive(.text("a", isFinal: false))
            lively.handler.heartbeat(.ping, now: start + .seconds(second))
            try lively.receive(.continuation("b", isFinal: true))
        }
        #expect(lively.owner.messages.count == 100)
        #expect(lively.owner.endings.isEmpty)
    }

    /// Ping, no answer, end: through the handler, with a ping on the wire.
    @Test func heartbeatEndsADeadPeer() throws {
        let socket = try WebSocketTestSocket()
        let start = NIODeadline.uptimeNanoseconds(1_000_000_000)
        socket.handler.heartbeat(.ping, now: start)
        #expect(try socket.sent() == [.ping])
        try socket.receive(.text("anything is an answer"))
        socket.handler.heartbeat(.answer, now: start + .seconds(11))
        #expect(socket.isConnected)
        socket.handler.heartbeat(.ping, now: start + .seconds(25))
        #expect(try socket.sent() == [.ping])
        socket.handler.heartbeat(.answer, now: start + .seconds(36))
        #expect(try socket.sent().map(\.closeCode) == [1011])
        #expect(socket.owner.endings == [.noAnswer])
        #expect(!socket.isConnected)
    }
}
