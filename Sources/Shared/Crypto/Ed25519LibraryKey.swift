// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import COpenSSL

/// libcrypto's own form of an Ed25519 key, private or public.
struct Ed25519LibraryKey: ~Copyable {
    private let pointer: OpaquePointer

    init(seed: UnsafeRawBufferPointer) throws(CryptoError) {
        guard seed.count == Ed25519PrivateKey.seedByteCount else { throw .invalidKeyLength }
        let address = seed.baseAddress?.assumingMemoryBound(to: UInt8.self)
        guard let pointer = EVP_PKEY_new_raw_private_key_ex(nil, "ED25519", nil, address, seed.count) else {
            ERR_clear_error()
            throw .algorithmUnavailable
        }
        self.pointer = pointer
    }

    init(publicKey: UnsafeRawBufferPointer) throws(CryptoError) {
        guard publicKey.count == Ed25519.publicKeyByteCount else { throw .invalidKeyLength }
        let address = publicKey.baseAddress?.assumingMemoryBound(to: UInt8.self)
        guard let pointer = EVP_PKEY_new_raw_public_key_ex(nil, "ED25519", nil, address, publicKey.count) else {
            ERR_clear_error()
            throw .algorithmUnavailable
        }
        self.pointer = pointer
    }

    deinit {
        EVP_PKEY_free(self.pointer)
    }

    borrowing func publicKey() throws(CryptoError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Ed25519.publicKeyByteCount)
        var length = bytes.count
        guard EVP_PKEY_get_raw_public_key(self.pointer, &bytes, &length) == 1, length == bytes.count else {
            ERR_clear_error()
            throw .operationFailed
        }
        return bytes
    }

    /// The signature over a message, or `nil` if libcrypto fails.
    borrowing func signature(of message: UnsafeRawBufferPointer) -> [UInt8]? {
        guard let context = EVP_MD_CTX_new() else { return nil }
        defer { EVP_MD_CTX_free(context) }
        var signature = [UInt8](repeating: 0, count: Ed25519.signatureByteCount)
        var length = signature.count
        let address = message.baseAddress?.assumingMemoryBound(to: UInt8.self)
        guard EVP_DigestSignInit_ex(context, nil, nil, nil, nil, self.pointer, nil) == 1,
            EVP_DigestSign(context, &signature, &length, address, message.count) == 1,
            length == signature.count
        else {
            ERR_clear_error()
            return nil
        }
        return signature
    }

    /// Whether libcrypto's verification accepts a signature of 64 bytes over a message.
    borrowing func accepts(_ signature: UnsafeRawBufferPointer, over message: UnsafeRawBufferPointer) -> Bool {
        guard signature.count == Ed25519.signatureByteCount, let context = EVP_MD_CTX_new() else { return false }
        defer { EVP_MD_CTX_free(context) }
        let signatureAddress = signature.baseAddress?.assumingMemoryBound(to: UInt8.self)
        let address = message.baseAddress?.assumingMemoryBound(to: UInt8.self)
        guard EVP_DigestVerifyInit_ex(context, nil, nil, nil, nil, self.pointer, nil) == 1,
            EVP_DigestVerify(context, signatureAddress, signature.count, address, message.count) == 1
        else {
            ERR_clear_error()
            return false
        }
        return true
    }
}
