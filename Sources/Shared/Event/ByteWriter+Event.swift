// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Primitives for encoding an event's head.
extension ByteWriter {
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

    /// Writes a length-prefixed text.
    mutating func writeCounted(_ text: String) {
        self.writeLength(text.utf8.count)
        self.write(text)
    }

    /// Writes a length-prefixed text's bytes.
    mutating func writeCounted(_ text: UnsafeRawBufferPointer) {
        self.writeLength(text.count)
        self.write(text)
    }

    /// The most bytes that `writeCounted` takes for a text.
    static func capacity(for text: String) -> Int {
        4 + text.utf8.count
    }
}
