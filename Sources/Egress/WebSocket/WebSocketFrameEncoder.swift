// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// Writes the frames of a server: never masked, never fragmented (RFC 6455 section 5), so that one encoded frame serves
/// every client.
enum WebSocketFrameEncoder {
    /// The most bytes of a close frame's reason text: a control frame's 125 less the code.
    static let maximumReasonBytes = 123

    /// A ping without payload.
    static let ping = ByteBuffer(bytes: [0x89, 0x00])

    /// How many bytes the header of a frame takes: 2, 4 or 10.
    static func headerLength(payloadLength: Int) -> Int {
        switch payloadLength {
        case ...125: 2
        case ...0xFFFF: 4
        default: 10
        }
    }

    /// Appends the header of a frame; `payloadLength` bytes have to follow.
    static func appendHeader(_ opcode: WebSocketOpcode, payloadLength: Int, into buffer: inout ByteBuffer) {
        precondition(payloadLength <= 125 || !opcode.isControl, "a control frame carries at most 125 bytes")
        let start = 0x80 | opcode.rawValue
        switch payloadLength {
        case ...125:
            buffer.writeMultipleIntegers(start, UInt8(payloadLength))
        case ...0xFFFF:
            buffer.writeMultipleIntegers(start, UInt8(126), UInt16(payloadLength))
        default:
            buffer.writeMultipleIntegers(start, UInt8(127), UInt64(payloadLength))
        }
    }

    /// Appends a whole frame. The payload is copied; reserve capacity where many follow.
    static func appendFrame(_ opcode: WebSocketOpcode, payload: ByteBuffer, into buffer: inout ByteBuffer) {
        self.appendHeader(opcode, payloadLength: payload.readableBytes, into: &buffer)
        buffer.writeImmutableBuffer(payload)
    }

    /// Appends a close frame. A reason over 123 bytes of UTF-8 is cut before the character that goes over.
    static func appendClose(_ close: WebSocketCloseFrame, into buffer: inout ByteBuffer) {
        guard let code = close.code else {
            return self.appendHeader(.close, payloadLength: 0, into: &buffer)
        }
        precondition(code.isValidOnWire, "close code \(code.rawValue) must not be sent")
        let reason = self.fitting(close.reason)
        self.appendHeader(.close, payloadLength: 2 + reason.utf8.count, into: &buffer)
        buffer.writeInteger(code.rawValue)
        buffer.writeSubstring(reason)
    }

    private static func fitting(_ reason: String) -> Substring {
        if reason.utf8.count <= self.maximumReasonBytes { return reason[...] }
        var count = 0
        return reason.prefix { character in
            count += character.utf8.count
            return count <= self.maximumReasonBytes
        }
    }
}
