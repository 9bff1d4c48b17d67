// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import COpenSSL

/// AES with a key of 256 bits in Galois/Counter Mode (NIST SP 800-38D): authenticated encryption of a message with
/// additional data.
///
/// A nonce is random: with one key, 2^32 messages are the bound of section 8.3, and more than a registry ever writes.
public enum AES256GCM {
    public static let keyByteCount = 32
    static let nonceByteCount = 12
    static let tagByteCount = 16

    /// Encrypts under a fresh nonce.
    ///
    /// - Parameter additionalData: authenticated but not encrypted.
    /// - Returns: the nonce, the ciphertext, which is as long as the message, and the tag.
    public static func seal(
        _ message: [UInt8],
        key: [UInt8],
        additionalData: [UInt8]
    ) throws(CryptoError) -> [UInt8] {
        try self.seal(message, key: key, nonce: SecureRandom.bytes(self.nonceByteCount), additionalData: additionalData)
    }

    /// Decrypts what `seal` returned; nil where the key is another, or anything was changed.
    public static func open(
        _ sealed: [UInt8],
        key: [UInt8],
        additionalData: [UInt8]
    ) throws(CryptoError) -> [UInt8]? {
        guard sealed.count >= self.nonceByteCount + self.tagByteCount else { return nil }
        let nonce = Array(sealed.prefix(self.nonceByteCount))
        let tag = Array(sealed.suffix(self.tagByteCount))
        let ciphertext = Array(sealed.dropFirst(self.nonceByteCount).dropLast(self.tagByteCount))
        let context = try self.context(key, nonce, encrypts: 0)
        defer { EVP_CIPHER_CTX_free(context) }
        guard let message = self.crypt(ciphertext, additionalData, context) else {
            ERR_clear_error()
            throw .operationFailed
        }
        var (expected, rest) = (tag, Int32(0))
        guard EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(tag.count), &expected) == 1 else {
            ERR_clear_error()
            throw .operationFailed
        }
        // The plaintext must not be released before the tag is verified.
        guard EVP_CipherFinal_ex(context, nil, &rest) == 1 else {
            ERR_clear_error()
            return nil
        }
        return message
    }

    /// The same as `seal` with the caller's nonce, for test vectors: reusing a nonce breaks the encryption.
    static func seal(
        _ message: [UInt8],
        key: [UInt8],
        nonce: [UInt8],
        additionalData: [UInt8]
    ) throws(CryptoError) -> [UInt8] {
        let context = try self.context(key, nonce, encrypts: 1)
        defer { EVP_CIPHER_CTX_free(context) }
        var (tag, rest) = ([UInt8](repeating: 0, count: self.tagByteCount), Int32(0))
        guard let ciphertext = self.crypt(message, additionalData, context),
            EVP_CipherFinal_ex(context, nil, &rest) == 1,
            EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(tag.count), &tag) == 1
        else {
            ERR_clear_error()
            throw .operationFailed
        }
        return nonce + ciphertext + tag
    }

    private static func context(
        _ key: [UInt8],
        _ nonce: [UInt8],
        encrypts: Int32
    ) throws(CryptoError) -> OpaquePointer {
        precondition(nonce.count == self.nonceByteCount, "a nonce has 96 bits")
        guard key.count == self.keyByteCount else { throw .invalidKeyLength }
        guard let cipher = FetchedAlgorithms.aes256GCM else { throw .algorithmUnavailable }
        guard let context = EVP_CIPHER_CTX_new() else { throw .outOfMemory }
        guard EVP_CipherInit_ex2(context, cipher, key, nonce, encrypts, nil) == 1 else {
            EVP_CIPHER_CTX_free(context)
            ERR_clear_error()
            throw .operationFailed
        }
        return context
    }

    /// Takes in the additional data, and en- or decrypts.
    private static func crypt(_ input: [UInt8], _ additionalData: [UInt8], _ context: OpaquePointer) -> [UInt8]? {
        guard let length = Int32(exactly: input.count), let additionalLength = Int32(exactly: additionalData.count)
        else { return nil }
        var output = [UInt8](repeating: 0, count: input.count)
        var written: Int32 = 0
        // An update of nothing has no bytes to point at, and says nothing.
        if additionalLength > 0 {
            guard EVP_CipherUpdate(context, nil, &written, additionalData, additionalLength) == 1 else { return nil }
        }
        if length > 0 {
            guard EVP_CipherUpdate(context, &output, &written, input, length) == 1, written == length else {
                return nil
            }
        }
        return output
    }
}
