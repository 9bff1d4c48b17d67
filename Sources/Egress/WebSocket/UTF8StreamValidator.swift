// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Validates UTF-8 (RFC 3629) that comes in pieces, split anywhere, and fails at the first byte that no valid text can
/// continue with: a bad text message ends where it goes bad, not when its last fragment arrives.
///
/// Three bytes of state: how many bytes the open code point still needs, and the range that the next one must be in.
/// The range is what excludes overlong forms, surrogates and everything over U+10FFFF.
struct UTF8StreamValidator: Equatable, Sendable {
    private var needed: UInt8 = 0
    private var lowest: UInt8 = 0x80
    private var highest: UInt8 = 0xBF

    /// Whether the text may end here: no code point is open.
    var isComplete: Bool { self.needed == 0 }

    /// Takes the next bytes.
    ///
    /// - Returns: false when they can be part of no valid text. The validator must not be used after that.
    mutating func consume(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var index = 0
        while index < bytes.count {
            if self.needed == 0 {
                index = Self.skipASCII(bytes, from: index)
                if index == bytes.count { return true }
            }
            guard self.consume(bytes[index]) else { return false }
            index += 1
        }
        return true
    }

    @inline(__always)
    private mutating func consume(_ byte: UInt8) -> Bool {
        guard self.needed == 0 else {
            guard byte >= self.lowest && byte <= self.highest else { return false }
            self.needed -= 1
            self.lowest = 0x80
            self.highest = 0xBF
            return true
        }
        // Table 3-7 of the Unicode Standard: the lead byte says how many follow, and narrows the first of them.
        switch byte {
        case 0x00...0x7F: return true
        case 0xC2...0xDF: self.needed = 1
        case 0xE0: self.expect(2, from: 0xA0, through: 0xBF)
        case 0xED: self.expect(2, from: 0x80, through: 0x9F)
        case 0xE1...0xEF: self.needed = 2
        case 0xF0: self.expect(3, from: 0x90, through: 0xBF)
        case 0xF1...0xF3: self.needed = 3
        case 0xF4: self.expect(3, from: 0x80, through: 0x8F)
        default: return false
        }
        return true
    }

    @inline(__always)
    private mutating func expect(_ count: UInt8, from lowest: UInt8, through highest: UInt8) {
        self.needed = count
        self.lowest = lowest
        self.highest = highest
    }

    /// The index of the first byte at or after `start` that is not ASCII: eight bytes a step.
    @inline(__always)
    private static func skipASCII(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        var index = start
        while index &+ 8 <= bytes.count {
            let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            let nonASCII = word & 0x8080_8080_8080_8080
            if nonASCII != 0 { return index &+ nonASCII.trailingZeroBitCount / 8 }
            index &+= 8
        }
        while index < bytes.count, bytes[index] < 0x80 { index &+= 1 }
        return index
    }
}
