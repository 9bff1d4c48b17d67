// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOEmbedded
import Shared
import Testing

@testable import Egress

/// A client that does not read, on the handler.
@Suite struct WebSocketBackPressureTests {
    private func frame(bytes: Int) -> ByteBuffer {
        var buffer = ByteBuffer()
        let payload = ByteBuffer(
            repeating: 0x61,
            count: bytes - WebSocketFrameEncoder.headerLength(payloadLength: bytes)
        )
        WebSocketFrameEncoder.appendFrame(.text, payload: payload, into: &buffer)
        precondition(buffer.readableBytes == bytes)
        return buffer
    }

    private func buffered(_ socket: WebSocketTestSocket) throws -> Int {
        try #require(try socket.channel.syncOptions?.getOption(.bufferedWritableBytes))
    }

    /// The queue takes what fits its limit to the byte; the frame over it ends the socket with 1013 and is dropped.
    @Test func endsASlowConsumer() throws {
        let socket = try WebSocketTestSocket(configuration: .init(outboundLimit: 1000))
        socket.output.hold(socket.channel)
        #expect(socket.handler.send(self.frame(bytes: 2000)) == .accepted)
        socket.output.release(socket.channel)
        socket.output.hold(socket.channel)
        #expect(socket.handler.send(self.frame(bytes: 600)) == .accepted)
        #expect(socket.handler.send(self.frame(bytes: 400)) == .accepted)
        #expect(socket.handler.send(self.frame(bytes: 100)) == .slowConsumer)
        #expect(socket.owner.endings == [.slowConsumer])
        #expect(socket.handler.send(self.frame(bytes: 100)) == .closed)
        #expect(try self.buffered(socket) < 1200)

        // What was queued still goes, then the close frame, then the connection once the client has answered.
        socket.output.release(socket.channel)
        let sent = try socket.sent()
        #expect(sent.map(\.opcode) == [0x1, 0x1, 0x1, 0x8])
        #expect(sent.last?.closeCode == 1013)
        #expect(sent.last?.text == "slow consumer, resume from your last event")
        #expect(socket.isConnected)
        try socket.receive(.close(code: 1013))
        #expect(!socket.isConnected)
        #expect(socket.owner.endings == [.slowConsumer])
    }

    /// A slow consumer that takes nothing is dropped after 5 s with what was queued.
    @Test func dropsASlowConsumerThatTakesNothing() throws {
        let socket = try WebSocketTestSocket(configuration: .init(outboundLimit: 1000))
        socket.output.hold(socket.channel)
        #expect(socket.handler.send(self.frame(bytes: 900)) == .accepted)
        #expect(socket.handler.send(self.frame(bytes: 900)) == .slowConsumer)
        socket.advanceTime(by: .milliseconds(4999))
        #expect(socket.isConnected)
        socket.advanceTime(by: .milliseconds(1))
        #expect(!socket.isConnected)
    }

    /// While nothing can be sent nothing is read; once it can, the read that was held goes on.
    @Test func readsNothingWhileNotWritable() throws {
        let socket = try WebSocketTestSocket()
        socket.channel.read()
        #expect(socket.output.reads == 1)
        socket.output.hold(socket.channel)
        socket.channel.read()
        socket.channel.read()
        #expect(socket.output.reads == 1)
        socket.output.release(socket.channel)
        #expect(socket.output.reads == 2)
        #expect(socket.owner.timesWritable == 1)
        socket.channel.read()
        #expect(socket.output.reads == 3)
    }

    /// A closing socket reads though nothing can be sent: the peer's close frame must get through.
    @Test func readsWhileClosing() throws {
        let socket = try WebSocketTestSocket()
        socket.output.hold(socket.channel)
        socket.channel.read()
        #expect(socket.output.reads == 0)
        socket.handler.close(reason: .drain)
        #expect(socket.output.reads == 1)
        socket.channel.read()
        #expect(socket.output.reads == 2)
    }

    /// A flood of pings that nobody reads the answers of costs one pong, the latest.
    @Test func aPingFloodCostsOnePong() throws {
        let socket = try WebSocketTestSocket()
        socket.output.hold(socket.channel)
        for round in 0..<100 {
            try socket.receive((0..<100).flatMap { ClientFrame.ping("\(round)-\($0)").bytes })
            socket.channel.embeddedEventLoop.advanceTime(by: LoopTurns.yieldTime)
        }
        #expect(try self.buffered(socket) == 0)
        socket.output.release(socket.channel)
        #expect(try socket.sent() == [.pong("99-99")])
    }

    /// A flood of pings in one read is answered by few pongs a turn, the latest among them.
    @Test func boundsThePongsOfATurn() throws {
        let socket = try WebSocketTestSocket()
        let payload = String(repeating: "x", count: 100)
        try socket.receive((0..<1000).flatMap { ClientFrame.ping(payload + "\($0)").bytes })
        for last in Array(stride(from: 63, to: 999, by: 64)) + [999] {
            let sent = try socket.sent()
            #expect(sent.count < 50)
            #expect(sent.last == .pong(payload + "\(last)"))
            socket.channel.embeddedEventLoop.advanceTime(by: LoopTurns.yieldTime)
        }
    }

    /// A peer that is dead behind a full queue is found, after one read that could have brought its answer.
    @Test func findsADeadPeerBehindAFullQueue() throws {
        let socket = try WebSocketTestSocket()
        let start = NIODeadline.uptimeNanoseconds(1_000_000_000)
        socket.output.hold(socket.channel)
        #expect(socket.handler.send(self.frame(bytes: 90_000)) == .accepted)
        socket.channel.read()
        socket.handler.heartbeat(.ping, now: start)
        socket.handler.heartbeat(.answer, now: start + .seconds(11))
        #expect(socket.output.reads == 1)
        #expect(socket.owner.endings.isEmpty)
        socket.channel.read()
        #expect(socket.output.reads == 1)
        socket.handler.heartbeat(.ping, now: start + .seconds(25))
        socket.handler.heartbeat(.answer, now: start + .seconds(36))
        #expect(socket.owner.endings == [.noAnswer])
        socket.advanceTime(by: .seconds(5))
        #expect(!socket.isConnected)
    }

    /// A peer that is slow but takes its queue is left alone.
    @Test func leavesASlowPeerAlone() throws {
        let socket = try WebSocketTestSocket()
        let start = NIODeadline.uptimeNanoseconds(1_000_000_000)
        socket.output.hold(socket.channel)
        #expect(socket.handler.send(self.frame(bytes: 90_000)) == .accepted)
        socket.channel.read()
        socket.handler.heartbeat(.ping, now: start)
        socket.output.release(socket.channel, becomesWritable: false)
        socket.handler.heartbeat(.answer, now: start + .seconds(11))
        #expect(socket.output.reads == 0)
        socket.handler.heartbeat(.answer, now: start + .seconds(36))
        #expect(socket.owner.endings.isEmpty)
    }
}
