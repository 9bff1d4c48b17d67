// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Padding to whole blocks (RFC 5652, section 6.3): as many bytes as are missing, each of that number.
public enum PKCS7 {
    /// The text with its padding, of one byte at least.
    ///
    /// - Parameter blockByteCount: 1 to 255.
    public static func pad(_ text: [UInt8], blockByteCount: Int) -> [UInt8] {
        let count = blockByteCount - text.count % blockByteCount
        return text + [UInt8](repeating: UInt8(count), count: count)
    }

    /// The text without its padding, or `nil` if it ends in none.
    ///
    /// The time it takes depends on the length only, not on what is wrong: a padding oracle would let anyone who can
    /// submit ciphertexts decrypt.
    public static func unpad(_ padded: [UInt8], blockByteCount: Int) -> ArraySlice<UInt8>? {
        guard let last = padded.last, padded.count >= blockByteCount else { return nil }
        let count = Int(last)
        // All ones or zero, without a branch.
        var wrong = self.mask(count < 1) | self.mask(count > blockByteCount)
        for distance in 0..<blockByteCount {
            wrong |= self.mask(distance < count) & (padded[padded.count - 1 - distance] ^ last)
        }
        return wrong == 0 ? padded[..<(padded.count - count)] : nil
    }

    private static func mask(_ condition: Bool) -> UInt8 {
        0 &- UInt8(condition ? 1 : 0)
    }
}
