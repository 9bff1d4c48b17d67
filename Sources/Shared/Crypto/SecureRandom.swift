// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import COpenSSL

/// Unpredictable bytes from libcrypto's generator, for tokens, epochs and session keys.
public enum SecureRandom {
    /// `count` random bytes. Traps where the generator cannot be seeded: there is no safe way to go on.
    public static func bytes(_ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { storage, initializedCount in
            self.fill(UnsafeMutableRawBufferPointer(start: storage.baseAddress, count: count))
            initializedCount = count
        }
    }

    /// Overwrites the memory with random bytes, without an allocation.
    static func fill(_ output: UnsafeMutableRawBufferPointer) {
        guard !output.isEmpty else { return }
        guard let length = Int32(exactly: output.count),
            RAND_bytes(output.baseAddress?.assumingMemoryBound(to: UInt8.self), length) == 1
        else {
            preconditionFailure("libcrypto has no random bytes to give")
        }
    }
}
