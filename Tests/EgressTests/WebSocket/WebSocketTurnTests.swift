// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOEmbedded
import Shared
import Testing

@testable import Egress

/// What a peer sends in one packet is taken in turns with the loop's other connections, whole and in order.
@Suite struct WebSocketTurnTests {
    private func texts(_ numbers: Range<Int>) -> [UInt8] {
        numbers.flatMap { ClientFrame.text("\($0)").bytes }
    }

    private func numbers(_ socket: WebSocketTestSocket) -> [Int] {
        socket.owner.messages.compactMap { message in
            if case .text(let text) = message { Int(String(buffer: text)) } else { nil }
        }
    }

    private func breathe(_ socket: WebSocketTestSocket) {
        socket.channel.embeddedEventLoop.advanceTime(by: LoopTurns.yieldTime)
    }

    /// Each turn takes as many frames as it has; the next begins a moment later.
    @Test func turns() throws {
        let socket = try WebSocketTestSocket()
        try socket.receive(self.texts(0..<150))
        #expect(self.numbers(socket).count == 64)
        self.breathe(socket)
        #expect(self.numbers(socket).count == 128)
        self.breathe(socket)
        #expect(self.numbers(socket) == Array(0..<150))
    }

    /// Frames that are no messages count as well.
    @Test func otherFrames() throws {
        let socket = try WebSocketTestSocket()
        let fragments = (0..<100).map { ClientFrame(isFinal: false, opcode: $0 == 0 ? 0x1 : 0x0) }
        try socket.receive(fragments.flatMap(\.bytes) + ClientFrame.continuation("x", isFinal: true).bytes)
        #expect(socket.owner.messages.isEmpty)
        self.breathe(socket)
        #expect(socket.owner.messages.count == 1)
    }

    /// Nothing more is read while frames wait; what NIO brings all the same comes behind them.
    @Test func holdsReads() throws {
        let socket = try WebSocketTestSocket()
        let reads = ReadCounter()
        try socket.channel.pipeline.syncOperations.addHandler(reads, position: .first)
        socket.channel.read()
        #expect(reads.count == 1)
        try socket.receive(self.texts(0..<100))
        socket.channel.read()
        #expect(reads.count == 1)
        try socket.receive(self.texts(100..<110))
        self.breathe(socket)
        #expect(self.numbers(socket) == Array(0..<110))
        #expect(reads.count == 2)
    }

    /// Pings of a turn are answered with it.
    @Test func pongs() throws {
        let socket = try WebSocketTestSocket()
        try socket.receive((0..<100).flatMap { ClientFrame.ping("\($0)").bytes })
        #expect(try socket.sent().count == 64)
        self.breathe(socket)
        #expect(try socket.sent().count == 36)
    }

    /// A peer that says goodbye at the end of many frames, or finishes its side, is heard to the end.
    @Test func ends() throws {
        let socket = try WebSocketTestSocket()
        try socket.receive(self.texts(0..<100) + ClientFrame.close(code: 1000).bytes)
        socket.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        #expect(socket.owner.endings.isEmpty)
        self.breathe(socket)
        #expect(self.numbers(socket) == Array(0..<100))
        #expect(socket.owner.endings == [.clientClosed])

        let finished = try WebSocketTestSocket()
        try finished.receive(self.texts(0..<100))
        finished.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        self.breathe(finished)
        #expect(self.numbers(finished) == Array(0..<100))
        #expect(finished.owner.endings == [.connectionLost])

        let lost = try WebSocketTestSocket()
        try lost.receive(self.texts(0..<100))
        lost.channel.pipeline.fireErrorCaught(IOError(errnoCode: 104, reason: "read"))
        #expect(self.numbers(lost) == Array(0..<100))
        #expect(lost.owner.endings == [.connectionLost])
        self.breathe(lost)
    }
}

/// Counts what asks the system for more.
private final class ReadCounter: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
    private(set) var count = 0

    func read(context: ChannelHandlerContext) {
        self.count += 1
        context.read()
    }
}
