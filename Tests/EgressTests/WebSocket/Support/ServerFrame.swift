// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

/// A frame as the server wrote it, read by a reader that shares no code with the encoder.
struct ServerFrame: Equatable, Sendable {
    var opcode: UInt8
    var payload: [UInt8]

    /// The code of a close frame.
    var closeCode: UInt16? {
        guard self.opcode == 0x8 && self.payload.count >= 2 else { return nil }
        return UInt16(self.payload[0]) << 8 | UInt16(self.payload[1])
    }

    var text: String {
        String(decoding: self.opcode == 0x8 ? self.payload.dropFirst(2) : self.payload[...], as: UTF8.self)
    }

    static func text(_ text: String) -> Self { Self(opcode: 0x1, payload: Array(text.utf8)) }
    static func text(_ bytes: [UInt8]) -> Self { Self(opcode: 0x1, payload: bytes) }
    static func binary(_ bytes: [UInt8]) -> Self { Self(opcode: 0x2, payload: bytes) }
    static func pong(_ text: String = "") -> Self { Self(opcode: 0xA, payload: Array(text.utf8)) }
    static let ping = Self(opcode: 0x9, payload: [])

    /// Reads whole frames; a server's are final, unmasked, and of no reserved bits.
    static func read(_ bytes: [UInt8]) throws -> [ServerFrame] {
        var frames: [ServerFrame] = []
        var rest = bytes[...]
        while let start = rest.popFirst() {
            try #require(start & 0xF0 == 0x80)
            let second = rest.popFirst()
            var length = Int(try #require(second))
            let extended = length == 126 ? 2 : length == 127 ? 8 : 0
            if extended > 0 {
                try #require(rest.count >= extended)
                length = rest.prefix(extended).reduce(0) { $0 << 8 | Int($1) }
                rest = rest.dropFirst(extended)
            }
            try #require(rest.count >= length)
            frames.append(ServerFrame(opcode: start & 0x0F, payload: Array(rest.prefix(length))))
            rest = rest.dropFirst(length)
        }
        return frames
    }
}
