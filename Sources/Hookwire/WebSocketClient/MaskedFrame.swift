// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// The frames that a client sends, masked as RFC 6455, section 5.3, wants it.
enum MaskedFrame {
    /// What a frame is (section 5.2), with the bit that says that it is whole.
    enum Kind: UInt8 {
        case text = 0x81
        case close = 0x88
        case pong = 0x8A
    }

    static func make(
        _ kind: Kind,
        _ payload: some Collection<UInt8>,
        mask: UInt32 = .random(in: .min ... .max)
    ) -> ByteBuffer {
        var frame = ByteBuffer()
        frame.reserveCapacity(payload.count + 14)
        frame.writeInteger(kind.rawValue)
        switch payload.count {
        case ...125:
            frame.writeInteger(0x80 | UInt8(payload.count))
        case ...65_535:
            frame.writeInteger(0x80 | UInt8(126))
            frame.writeInteger(UInt16(payload.count))
        default:
            frame.writeInteger(0x80 | UInt8(127))
            frame.writeInteger(UInt64(payload.count))
        }
        frame.writeInteger(mask)
        for (index, byte) in payload.enumerated() {
            frame.writeInteger(byte ^ UInt8(truncatingIfNeeded: mask >> UInt32(8 * (3 - index % 4))))
        }
        return frame
    }

    /// Ends a connection in good order, or answers the server's end with its own code.
    static func close(code: Int) -> ByteBuffer {
        self.make(.close, [UInt8(truncatingIfNeeded: code >> 8), UInt8(truncatingIfNeeded: code)])
    }
}
