// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import COpenSSL

/// What libcrypto precomputes for Montgomery products by one modulus.
struct MontgomeryContext: ~Copyable {
    let pointer: OpaquePointer

    init(modulus: borrowing BigNumber, scratch: borrowing ScratchContext) throws(CryptoError) {
        guard let pointer = BN_MONT_CTX_new() else { throw .outOfMemory }
        guard BN_MONT_CTX_set(pointer, modulus.pointer, scratch.pointer) == 1 else {
            BN_MONT_CTX_free(pointer)
            throw .operationFailed
        }
        self.pointer = pointer
    }

    deinit {
        BN_MONT_CTX_free(self.pointer)
    }
}

/// Temporary numbers for libcrypto, from its memory for secrets where that is set up.
struct ScratchContext: ~Copyable {
    let pointer: OpaquePointer

    init() throws(CryptoError) {
        guard let pointer = BN_CTX_secure_new() else { throw .outOfMemory }
        self.pointer = pointer
    }

    deinit {
        BN_CTX_free(self.pointer)
    }
}
