// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

@testable import Egress

@Suite struct WebSocketFrameEncoderTests {
    private func encodedClose(_ close: WebSocketCloseFrame) throws -> ServerFrame {
        var buffer = ByteBuffer()
        WebSocketFrameEncoder.appendClose(close, into: &buffer)
        let frames = try ServerFrame.read(Array(buffer.readableBytesView))
        try #require(frames.count == 1)
        return frames[0]
    }

    /// RFC 6455 5.2: a length takes the shortest of its three forms, and the header the size that was foretold.
    @Test(arguments: [(0, 2), (125, 2), (126, 4), (65_535, 4), (65_536, 10)])
    func writesTheShortestLength(length: Int, header: Int) throws {
        let payload = ByteBuffer(bytes: (0..<length).map { UInt8(truncatingIfNeeded: $0) })
        var buffer = ByteBuffer()
        WebSocketFrameEncoder.appendFrame(.binary, payload: payload, into: &buffer)
        #expect(WebSocketFrameEncoder.headerLength(payloadLength: length) == header)
        #expect(buffer.readableBytes == header + length)
        #expect(try ServerFrame.read(Array(buffer.readableBytesView)) == [.binary(Array(payload.readableBytesView))])
    }

    /// Several frames in one buffer stay apart.
    @Test func appendsFrames() throws {
        var buffer = ByteBuffer()
        WebSocketFrameEncoder.appendFrame(.text, payload: ByteBuffer(string: "a"), into: &buffer)
        buffer.writeImmutableBuffer(WebSocketFrameEncoder.ping)
        WebSocketFrameEncoder.appendFrame(.pong, payload: ByteBuffer(), into: &buffer)
        WebSocketFrameEncoder.appendClose(.init(code: nil), into: &buffer)
        let close = ServerFrame(opcode: 0x8, payload: [])
        #expect(try ServerFrame.read(Array(buffer.readableBytesView)) == [.text("a"), .ping, .pong(), close])
    }

    /// A close reason of 123 bytes passes; a longer one is cut before the character that goes over.
    @Test func cutsReasonsAtACharacter() throws {
        let fitting = String(repeating: "x", count: 123)
        #expect(try self.encodedClose(.init(code: .normalClosure, reason: fitting)).text == fitting)
        #expect(try self.encodedClose(.init(code: .normalClosure, reason: fitting + "y")).text == fitting)
        // 40 × 3 bytes, then one of 4 that does not fit the last 3.
        let chinese = String(repeating: "慢", count: 40)
        #expect(try self.encodedClose(.init(code: .normalClosure, reason: chinese + "🌍🌍")).text == chinese)
        // A flag is one character of two code points.
        let flags = String(repeating: "x", count: 118) + "🇨🇳"
        #expect(
            try self.encodedClose(.init(code: .normalClosure, reason: flags)).text == String(repeating: "x", count: 118)
        )
        #expect(try self.encodedClose(.init(code: .normalClosure, reason: "")).closeCode == 1000)
    }
}
