// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Compares field names, which are case-insensitive (RFC 9110, section 5.1).
enum FieldName {
    /// Whether the bytes are that word, ignoring case.
    @inline(__always)
    static func matches(_ bytes: UnsafeRawBufferPointer, _ word: StaticString) -> Bool {
        // Comparing lengths tells most names apart, and costs nothing.
        guard bytes.count == word.utf8CodeUnitCount else { return false }
        for index in 0..<bytes.count where self.lowercased(bytes[index]) != self.lowercased(word.utf8Start[index]) {
            return false
        }
        return true
    }

    /// An ASCII letter in lower case; anything else as it is.
    @inline(__always)
    private static func lowercased(_ byte: UInt8) -> UInt8 {
        byte &- 0x41 < 26 ? byte | 0x20 : byte
    }
}
