// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

package import Shared

/// The encryption of WeChat's AES mode (developers.weixin.qq.com, "Message encryption and decryption"): 16 random bytes,
/// the message's length, the message, the account's app id; padded to 32 bytes; AES-256-CBC under the `EncodingAESKey`,
/// whose first 16 bytes are the initialization vector.
///
/// A class, so that printing its owner does not print the key.
package final class WeChatCipher: Sendable {
    private static let randomByteCount = 16
    private static let padding = 32

    private let key: [UInt8]
    private let appID: String

    /// - Parameter encodedKey: 43 characters.
    /// - Returns: nil where that is no key.
    package init?(encodedKey: Secret, appID: String) {
        guard encodedKey.utf8Count == 43,
            // The platform's keys have the last two bits set.
            let key = Base64.decode(encodedKey.exposeText() + "=", trailingBits: .ignored),
            key.count == AES256CBC.keyByteCount
        else { return nil }
        self.key = key
        self.appID = appID
    }

    /// The message in a text that WeChat has signed.
    ///
    /// - Returns: nil for any error. Padding, length and app id errors are indistinguishable, to avoid a padding
    ///   oracle.
    package func decrypt(_ encrypted: String) -> [UInt8]? {
        guard let ciphertext = Base64.decode(encrypted),
            let padded = try? AES256CBC.decrypt(
                ciphertext,
                key: self.key,
                initializationVector: Array(self.key[..<AES256CBC.blockByteCount])
            ),
            let plaintext = PKCS7.unpad(padded, blockByteCount: Self.padding)?.dropFirst(Self.randomByteCount),
            plaintext.count >= 4
        else { return nil }
        let length = plaintext.prefix(4).reduce(0) { $0 << 8 | Int($1) }
        let rest = plaintext.dropFirst(4)
        guard length <= rest.count, ConstantTime.equal(rest.dropFirst(length), self.appID.utf8) else { return nil }
        return Array(rest.prefix(length))
    }

    /// A message as WeChat can read it; nil if libcrypto fails.
    package func encrypt(_ message: [UInt8]) -> String? {
        var plaintext = SecureRandom.bytes(Self.randomByteCount)
        withUnsafeBytes(of: UInt32(message.count).bigEndian) { plaintext += $0 }
        plaintext += message
        plaintext += self.appID.utf8
        let ciphertext = try? AES256CBC.encrypt(
            PKCS7.pad(plaintext, blockByteCount: Self.padding),
            key: self.key,
            initializationVector: Array(self.key[..<AES256CBC.blockByteCount])
        )
        return ciphertext.map { Base64.encode($0) }
    }
}
