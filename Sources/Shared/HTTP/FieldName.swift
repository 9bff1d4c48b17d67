// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Comparing field names, which are the same in any case (RFC 9110, section 5.1).
enum FieldName {
    /// Whether the bytes are that word, in any case.
    @inline(__always)
    static func matches(_ bytes: UnsafeRawBufferPointer, _ word: StaticString) -> Bool {
        // The lengths tell most names apart, and cost nothing.
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
