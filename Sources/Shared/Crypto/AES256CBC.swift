// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import COpenSSL

/// AES with a key of 256 bits in cipher block chaining (FIPS 197, NIST SP 800-38A), of whole blocks: padding is the
/// protocol's, see ``PKCS7``.
///
/// It provides confidentiality but no integrity: the caller must verify a signature over the ciphertext first.
public enum AES256CBC {
    public static let keyByteCount = 32
    public static let blockByteCount = 16

    /// Encrypts whole blocks.
    public static func encrypt(
        _ plaintext: [UInt8],
        key: [UInt8],
        initializationVector: [UInt8]
    ) throws(CryptoError) -> [UInt8] {
        try self.crypt(plaintext, key, initializationVector, encrypts: 1)
    }

    /// Decrypts whole blocks. Every text of whole blocks is the encryption of some other.
    public static func decrypt(
        _ ciphertext: [UInt8],
        key: [UInt8],
        initializationVector: [UInt8]
    ) throws(CryptoError) -> [UInt8] {
        try self.crypt(ciphertext, key, initializationVector, encrypts: 0)
    }

    private static func crypt(
        _ input: [UInt8],
        _ key: [UInt8],
        _ initializationVector: [UInt8],
        encrypts: Int32
    ) throws(CryptoError) -> [UInt8] {
        precondition(initializationVector.count == self.blockByteCount, "an initialization vector is one block")
        guard key.count == self.keyByteCount else { throw .invalidKeyLength }
        guard input.count.isMultiple(of: self.blockByteCount), let length = Int32(exactly: input.count) else {
            throw .operationFailed
        }
        guard let cipher = FetchedAlgorithms.aes256CBC else { throw .algorithmUnavailable }
        guard let context = EVP_CIPHER_CTX_new() else { throw .outOfMemory }
        defer { EVP_CIPHER_CTX_free(context) }
        var output = [UInt8](repeating: 0, count: input.count)
        var written: Int32 = 0
        var rest: Int32 = 0
        guard EVP_CipherInit_ex2(context, cipher, key, initializationVector, encrypts, nil) == 1,
            EVP_CIPHER_CTX_set_padding(context, 0) == 1,
            EVP_CipherUpdate(context, &output, &written, input, length) == 1,
            // Without padding there is nothing left to write.
            EVP_CipherFinal_ex(context, nil, &rest) == 1,
            written + rest == length
        else {
            ERR_clear_error()
            throw .operationFailed
        }
        return output
    }
}
