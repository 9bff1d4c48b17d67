// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import COpenSSL

/// An Ed25519 private key (RFC 8032, section 5.1.5), derived from its seed once, for about 25 µs.
///
/// It holds what signing and the keyed check need: libcrypto's key, the scalar in the form in which hashes are
/// multiplied by it, and the prefix. All of it is overwritten before its memory is given back.
public final class Ed25519PrivateKey {
    /// The length of a seed in bytes.
    public static let seedByteCount = 32

    /// The public key that follows from the seed, 32 bytes.
    public let publicKey: [UInt8]

    /// The scalar `a`, prepared for products with hashes.
    let scalar: Ed25519ScalarField.Factor
    private let key: Ed25519LibraryKey
    private let prefixMemory: CleansedMemory

    /// The second half of SHA-512(seed), 32 bytes, valid as long as the key.
    var prefix: UnsafeRawBufferPointer { UnsafeRawBufferPointer(self.prefixMemory.all) }

    /// Derives the key.
    ///
    /// - Throws: ``CryptoError/invalidKeyLength`` unless the seed has 32 bytes, another ``CryptoError`` if libcrypto
    ///   fails.
    public init(seed: UnsafeRawBufferPointer) throws(CryptoError) {
        guard seed.count == Self.seedByteCount else { throw .invalidKeyLength }
        self.key = try Ed25519LibraryKey(seed: seed)
        self.publicKey = try self.key.publicKey()

        let expanded = CleansedMemory(byteCount: 64)
        var digest = StreamingDigest(.sha512)
        digest.update(seed)
        digest.finalizeAndRestart(into: expanded.all)
        let bytes = expanded.all
        // Clamping (RFC 8032, section 5.1.5).
        bytes[0] &= 0xF8
        bytes[31] &= 0x7F
        bytes[31] |= 0x40
        let field = try Ed25519ScalarField()
        self.scalar = try field.factor(littleEndian: UnsafeRawBufferPointer(expanded.slice(0, 32)))
        self.prefixMemory = CleansedMemory(byteCount: 32)
        self.prefixMemory.all.copyMemory(from: UnsafeRawBufferPointer(expanded.slice(32, 32)))
        expanded.cleanse()
    }

    /// Derives the key from a seed that is not in one buffer; the copy on the way is overwritten.
    public convenience init(seed: some Sequence<UInt8>) throws(CryptoError) {
        let memory = CleansedMemory(byteCount: Self.seedByteCount)
        var count = 0
        for byte in seed {
            guard count < Self.seedByteCount else { throw .invalidKeyLength }
            memory.all[count] = byte
            count += 1
        }
        guard count == Self.seedByteCount else { throw .invalidKeyLength }
        try self.init(seed: UnsafeRawBufferPointer(memory.all))
        memory.cleanse()
    }

    /// Signs the parts one after the other, for about 25 µs. Any thread.
    ///
    /// - Returns: the signature, 64 bytes.
    public func sign(
        _ first: UnsafeRawBufferPointer,
        _ second: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0)
    ) throws(CryptoError) -> [UInt8] {
        let signature = withJoined(first, second) { self.key.signature(of: $0) }
        guard let signature else { throw .operationFailed }
        return signature
    }
}

/// Nothing in it changes after `init`: the prefix and both numbers are only read (libcrypto's products take them as
/// `const`), and an `EVP_PKEY` may be used by several threads at once as long as none changes it
/// (openssl-threads(7)); each signature has a context of its own.
extension Ed25519PrivateKey: @unchecked Sendable {}
