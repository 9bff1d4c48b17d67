// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// A frame as a client writes it, or as one that breaks the rules would.
struct ClientFrame: Sendable {
    enum LengthForm: Sendable {
        case shortest
        case bits16
        case bits64
    }

    var isFinal = true
    var reservedBits: UInt8 = 0
    var opcode: UInt8
    var payload: [UInt8] = []
    var key: [UInt8]? = [0x37, 0xFA, 0x21, 0x3D]
    var lengthForm: LengthForm = .shortest
    /// The length to announce where it is not the payload's own.
    var announcedLength: UInt64?

    var bytes: [UInt8] {
        var bytes: [UInt8] = [(self.isFinal ? 0x80 : 0) | self.reservedBits << 4 | self.opcode]
        let length = self.announcedLength ?? UInt64(self.payload.count)
        let maskBit: UInt8 = self.key == nil ? 0 : 0x80
        if self.lengthForm == .bits64 || self.lengthForm == .shortest && length > 65_535 {
            bytes.append(maskBit | 127)
            bytes += (0..<8).reversed().map { UInt8(truncatingIfNeeded: length >> (8 * UInt64($0))) }
        } else if self.lengthForm == .bits16 || length > 125 {
            bytes.append(maskBit | 126)
            bytes += [UInt8(truncatingIfNeeded: length >> 8), UInt8(truncatingIfNeeded: length)]
        } else {
            bytes.append(maskBit | UInt8(length))
        }
        guard let key else { return bytes + self.payload }
        bytes += key
        for (index, byte) in self.payload.enumerated() { bytes.append(byte ^ key[index % 4]) }
        return bytes
    }

    static func text(_ text: String, isFinal: Bool = true) -> Self { .text(Array(text.utf8), isFinal: isFinal) }
    static func text(_ bytes: [UInt8], isFinal: Bool = true) -> Self {
        Self(isFinal: isFinal, opcode: 0x1, payload: bytes)
    }
    static func binary(_ bytes: [UInt8], isFinal: Bool = true) -> Self {
        Self(isFinal: isFinal, opcode: 0x2, payload: bytes)
    }
    static func continuation(_ text: String, isFinal: Bool) -> Self {
        .continuation(Array(text.utf8), isFinal: isFinal)
    }
    static func continuation(_ bytes: [UInt8], isFinal: Bool) -> Self {
        Self(isFinal: isFinal, opcode: 0x0, payload: bytes)
    }
    static func ping(_ text: String = "") -> Self { Self(opcode: 0x9, payload: Array(text.utf8)) }
    static func pong(_ text: String = "") -> Self { Self(opcode: 0xA, payload: Array(text.utf8)) }
    static func close(_ payload: [UInt8] = []) -> Self { Self(opcode: 0x8, payload: payload) }
    static func close(code: UInt16, reason: [UInt8] = []) -> Self {
        .close([UInt8(code >> 8), UInt8(code & 0xFF)] + reason)
    }
}
