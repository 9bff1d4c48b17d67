// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Writes sequentially into preallocated memory; traps if it is too small.
///
/// Hand-written, because `ByteBuffer` checks for uniqueness at each of the forty writes of a head.
struct ByteWriter {
    private let memory: UnsafeMutableRawBufferPointer
    /// How many bytes are written.
    private(set) var count = 0

    init(_ memory: UnsafeMutableRawBufferPointer) {
        self.memory = memory
    }

    /// Writes bytes as they are.
    mutating func write(_ bytes: UnsafeRawBufferPointer) {
        let start = self.advance(by: bytes.count)
        guard let source = bytes.baseAddress, let target = self.memory.baseAddress else { return }
        target.advanced(by: start).copyMemory(from: source, byteCount: bytes.count)
    }

    /// Writes a text's UTF-8.
    mutating func write(_ text: String) {
        var text = text
        text.withUTF8 { self.write(UnsafeRawBufferPointer($0)) }
    }

    /// Writes a text's UTF-8.
    mutating func write(literal text: StaticString) {
        self.write(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Writes an integer, big-endian.
    mutating func write<Integer: FixedWidthInteger & BitwiseCopyable>(_ integer: Integer) {
        let start = self.advance(by: MemoryLayout<Integer>.size)
        self.memory.storeBytes(of: integer.bigEndian, toByteOffset: start, as: Integer.self)
    }

    /// Writes a number that is not negative in decimal digits.
    mutating func writeDecimal(_ number: Int) {
        precondition(number >= 0, "lengths and codes are not negative")
        var digits = 1
        var rest = number / 10
        while rest > 0 {
            digits += 1
            rest /= 10
        }
        let start = self.advance(by: digits)
        rest = number
        for place in (start..<start + digits).reversed() {
            self.memory[place] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
        }
    }

    /// Takes the next bytes of the memory, which must be there, and returns where they begin.
    private mutating func advance(by length: Int) -> Int {
        precondition(length <= self.memory.count - self.count, "what is written takes more than was reckoned")
        defer { self.count += length }
        return self.count
    }
}
