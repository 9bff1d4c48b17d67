// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import COpenSSL

/// A libcrypto `BIGNUM` with one owner, cleansed when released. It is marked for constant-time arithmetic.
///
/// The members that change it reuse its storage: once it has held 32 bytes, they allocate nothing.
struct BigNumber: ~Copyable {
    let pointer: OpaquePointer

    /// The number 0.
    init() throws(CryptoError) {
        guard let pointer = BN_new() else { throw .outOfMemory }
        BN_set_flags(pointer, BN_FLG_CONSTTIME)
        self.pointer = pointer
    }

    /// The number that little-endian bytes stand for.
    init(littleEndian bytes: UnsafeRawBufferPointer) throws(CryptoError) {
        guard let pointer = BN_new() else { throw .outOfMemory }
        BN_set_flags(pointer, BN_FLG_CONSTTIME)
        let address = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        guard BN_lebin2bn(address, Int32(bytes.count), pointer) == pointer else {
            BN_clear_free(pointer)
            throw .outOfMemory
        }
        self.pointer = pointer
    }

    deinit {
        BN_clear_free(self.pointer)
    }

    /// Takes the value of little-endian bytes; `false` if libcrypto fails.
    borrowing func load(littleEndian bytes: UnsafeRawBufferPointer) -> Bool {
        let address = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        return BN_lebin2bn(address, Int32(bytes.count), self.pointer) == self.pointer
    }

    /// Writes the value as little-endian bytes, zeros above; `false` if it does not fit.
    borrowing func store(littleEndian output: UnsafeMutableRawBufferPointer) -> Bool {
        let address = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
        return BN_bn2lebinpad(self.pointer, address, Int32(output.count)) == output.count
    }

    /// Becomes 0 and overwrites what was there; the storage stays.
    borrowing func clear() {
        BN_clear(self.pointer)
    }
}
