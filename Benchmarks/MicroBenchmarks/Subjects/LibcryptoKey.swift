// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import COpenSSL
internal import Shared

/// libcrypto's Ed25519 as its documentation has it, with a key that is made once.
final class LibcryptoKey {
    private let key: OpaquePointer
    private let context: OpaquePointer

    init(seed: [UInt8]) throws {
        guard let key = EVP_PKEY_new_raw_private_key_ex(nil, "ED25519", nil, seed, seed.count) else {
            throw CryptoError.algorithmUnavailable
        }
        guard let context = EVP_MD_CTX_new() else {
            EVP_PKEY_free(key)
            throw CryptoError.outOfMemory
        }
        self.key = key
        self.context = context
    }

    deinit {
        EVP_MD_CTX_free(self.context)
        EVP_PKEY_free(self.key)
    }

    /// The signature over a message; empty if libcrypto fails.
    func signature(of message: UnsafeRawBufferPointer) -> [UInt8] {
        var signature = [UInt8](repeating: 0, count: Ed25519.signatureByteCount)
        var length = signature.count
        let bytes = message.bindMemory(to: UInt8.self).baseAddress
        guard EVP_MD_CTX_reset(self.context) == 1,
            EVP_DigestSignInit_ex(self.context, nil, nil, nil, nil, self.key, nil) == 1,
            EVP_DigestSign(self.context, &signature, &length, bytes, message.count) == 1
        else { return [] }
        return signature
    }

    /// Whether a signature is the key's over a message.
    func accepts(_ signature: UnsafeRawBufferPointer, over message: UnsafeRawBufferPointer) -> Bool {
        let received = signature.bindMemory(to: UInt8.self).baseAddress
        let bytes = message.bindMemory(to: UInt8.self).baseAddress
        return EVP_MD_CTX_reset(self.context) == 1
            && EVP_DigestVerifyInit_ex(self.context, nil, nil, nil, nil, self.key, nil) == 1
            && EVP_DigestVerify(self.context, received, signature.count, bytes, message.count) == 1
    }
}
