// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Writes the parts of an event's head one after the other into memory that is large enough.
///
/// By hand, because `ByteBuffer` checks for a shared buffer at each of the forty writes that a head takes.
struct EventWriter {
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

    /// Writes an integer, big-endian.
    mutating func write<Integer: FixedWidthInteger & BitwiseCopyable>(_ integer: Integer) {
        let start = self.advance(by: MemoryLayout<Integer>.size)
        self.memory.storeBytes(of: integer.bigEndian, toByteOffset: start, as: Integer.self)
    }

    /// Writes a length, below 2^30, as a variable-length integer (RFC 9000, section 16).
    mutating func writeLength(_ length: Int) {
        if length < 1 << 6 {
            self.write(UInt8(length))
        } else if length < 1 << 14 {
            self.write(UInt16(length) | 0x4000)
        } else {
            precondition(length < 1 << 30, "a text of an event is longer than any request may be")
            self.write(UInt32(length) | 0x8000_0000)
        }
    }

    /// Writes a text behind its length.
    mutating func write(_ text: String) {
        var text = text
        text.withUTF8 { bytes in
            self.writeLength(bytes.count)
            self.write(UnsafeRawBufferPointer(bytes))
        }
    }

    /// The most bytes that `write` takes for a text.
    static func capacity(for text: String) -> Int {
        4 + text.utf8.count
    }

    /// Takes the next bytes of the memory, which must be there, and returns where they begin.
    private mutating func advance(by length: Int) -> Int {
        precondition(
            length <= self.memory.count - self.count,
            "an event's head takes more than was reckoned"
        )
        defer { self.count += length }
        return self.count
    }
}
