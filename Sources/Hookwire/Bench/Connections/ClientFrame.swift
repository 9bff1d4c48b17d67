// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// The frames that a load generator's client sends: control frames, masked (RFC 6455, sections 5.3 and 5.5).
enum ClientFrame {
    /// Answers a ping.
    static func pong(_ payload: UnsafeRawBufferPointer, mask: UInt32) -> ByteBuffer {
        self.frame(opcode: 0x8A, payload, mask: mask)
    }

    /// Ends a connection in good order (1000), or answers the server's end with its own code.
    static func close(_ payload: UnsafeRawBufferPointer, mask: UInt32) -> ByteBuffer {
        self.frame(opcode: 0x88, payload, mask: mask)
    }

    private static func frame(opcode: UInt8, _ payload: UnsafeRawBufferPointer, mask: UInt32) -> ByteBuffer {
        precondition(payload.count <= 125, "control frames are short")
        var frame = ByteBuffer()
        frame.writeInteger(opcode)
        frame.writeInteger(0x80 | UInt8(payload.count))
        frame.writeInteger(mask)
        for (index, byte) in payload.enumerated() {
            frame.writeInteger(byte ^ UInt8(truncatingIfNeeded: mask >> UInt32(8 * (3 - index % 4))))
        }
        return frame
    }
}
