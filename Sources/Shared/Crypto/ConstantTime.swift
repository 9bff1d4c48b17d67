// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import COpenSSL

/// Comparison of secrets in a time that depends on their lengths only.
public enum ConstantTime {
    /// Whether two buffers hold the same bytes. Buffers of different lengths are not equal; lengths are no secret.
    public static func equal(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
        guard left.count == right.count else { return false }
        guard let leftBytes = left.baseAddress, let rightBytes = right.baseAddress else { return true }
        return CRYPTO_memcmp(leftBytes, rightBytes, left.count) == 0
    }

    /// Whether two sequences hold the same bytes.
    @inlinable
    public static func equal(_ left: some Sequence<UInt8>, _ right: some Sequence<UInt8>) -> Bool {
        left.withContiguousBytes { left in right.withContiguousBytes { right in self.equal(left, right) } }
    }
}
