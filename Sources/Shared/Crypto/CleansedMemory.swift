// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import COpenSSL

/// Memory for key material, overwritten before it is given back.
struct CleansedMemory: ~Copyable {
    private let bytes: UnsafeMutableRawBufferPointer

    /// Memory of zeros, aligned to 16 bytes.
    init(byteCount: Int) {
        self.bytes = .allocate(byteCount: byteCount, alignment: 16)
        self.bytes.initializeMemory(as: UInt8.self, repeating: 0)
    }

    deinit {
        self.cleanse()
        self.bytes.deallocate()
    }

    /// Overwrites everything in a way that the compiler cannot leave out.
    borrowing func cleanse() {
        OPENSSL_cleanse(self.bytes.baseAddress, self.bytes.count)
    }

    /// The whole memory, valid as long as this value.
    var all: UnsafeMutableRawBufferPointer { self.bytes }

    /// A part of the memory, valid as long as this value.
    borrowing func slice(_ offset: Int, _ count: Int) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(rebasing: self.bytes[offset..<offset + count])
    }
}
