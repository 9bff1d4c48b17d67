// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Eight bytes, examined as one word (SWAR).
///
/// It yields marks: a word with the high bit of each matching byte set. A borrow can wrongly mark a byte above a
/// matching one, never below, so only the lowest mark is valid. The other bits are meaningless. Marks are joined with
/// `|`.
struct EightBytes {
    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let highs: UInt64 = 0x8080_8080_8080_8080

    private let word: UInt64

    /// Marks a byte.
    @inline(__always)
    func marks(of byte: UInt8) -> UInt64 {
        let differences = self.word ^ (Self.ones &* UInt64(byte))
        return (differences &- Self.ones) & ~differences
    }

    /// Marks the bytes below a bound of at most 128.
    @inline(__always)
    func marks(below bound: UInt8) -> UInt64 {
        (self.word &- (Self.ones &* UInt64(bound))) & ~self.word
    }

    /// Marks the bytes that are not ASCII.
    @inline(__always)
    var nonASCIIMarks: UInt64 { self.word }

    /// Marks the bytes that are not ASCII letters.
    @inline(__always)
    var nonLetterMarks: UInt64 {
        let lowercased = self.word | Self.ones &* 0x20
        let below = (lowercased &- Self.ones &* UInt64(UInt8(ascii: "a"))) & ~lowercased
        let above = lowercased &+ Self.ones &* UInt64(0x7F - UInt8(ascii: "z"))
        return below | above | self.word
    }

    /// Advances from a position to the first marked byte, or to the last seven bytes.
    @inline(__always)
    static func skip(
        _ bytes: UnsafeRawBufferPointer,
        from position: inout Int,
        untilMarked marks: (EightBytes) -> UInt64
    ) {
        while bytes.count - position >= 8 {
            let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
            let found = marks(EightBytes(word: word)) & self.highs
            if found != 0 {
                position += found.trailingZeroBitCount / 8
                return
            }
            position += 8
        }
    }
}
