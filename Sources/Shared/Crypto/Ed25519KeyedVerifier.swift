// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import COpenSSL

/// Checks Ed25519 signatures as only the holder of the private key can: no curve arithmetic, 2 to 3 µs for a message
/// of 600 bytes where a standard verification takes 60.
///
/// A signature (R, S) that RFC 8032 (section 5.1.6) makes over M satisfies `S = (r + k·a) mod L`, with
/// `r = SHA-512(prefix ‖ M)`, `k = SHA-512(R ‖ A ‖ M)`, and `a` and `prefix` from SHA-512(seed). The right side is
/// computed with the received R and compared with the received S. For a message that was never signed, `r` is a
/// pseudo-random number that nobody else knows; for a signed one, another accepted R would yield `a`. So nothing is
/// accepted but what the holder of the key signed by RFC 8032.
///
/// Two differences from a standard verification, both harmless where the key is the peer's and ours alone: signatures
/// with another nonce than RFC 8032's are rejected though valid (the caller may ask ``Ed25519`` then), and those are
/// accepted that only a holder of the key can make and whose R is not `r·B` (Wycheproof's `eddsa_test.json`, tcId 42
/// to 62).
///
/// It reuses its contexts and buffers and belongs to one event loop. It allocates nothing a call; libcrypto 3.0 does,
/// some 200 bytes a hash, which it overwrites and frees at the next.
public final class Ed25519KeyedVerifier {
    private let context: OpaquePointer
    private let field: Ed25519ScalarField
    private let nonce: BigNumber
    private let sum: BigNumber
    private let buffers: CleansedMemory

    /// - Throws: ``CryptoError`` if libcrypto lacks SHA-512 or memory.
    public convenience init() throws(CryptoError) {
        try self.init(digest: FetchedAlgorithms.sha512)
    }

    /// With another digest than SHA-512, every signature is rejected: tests use it to make libcrypto fail.
    init(digest: OpaquePointer?) throws(CryptoError) {
        guard let digest else { throw .algorithmUnavailable }
        self.field = try Ed25519ScalarField()
        self.nonce = try BigNumber()
        self.sum = try BigNumber()
        self.buffers = CleansedMemory(byteCount: Layout.byteCount)
        guard let context = EVP_MD_CTX_new() else { throw .outOfMemory }
        guard EVP_DigestInit_ex2(context, digest, nil) == 1 else {
            EVP_MD_CTX_free(context)
            throw .algorithmUnavailable
        }
        self.context = context
    }

    deinit {
        EVP_MD_CTX_free(self.context)
    }

    /// Whether the signature is the one that RFC 8032 makes with this key over the parts one after the other.
    ///
    /// Anything but 64 bytes, an S that is not below L, and a failure of libcrypto all yield false. The computed S
    /// never leaves this function: for an attacker-chosen R it would reveal the key.
    public func accepts(
        signature: UnsafeRawBufferPointer,
        over first: UnsafeRawBufferPointer,
        _ second: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0),
        key: Ed25519PrivateKey
    ) -> Bool {
        guard signature.count == Ed25519.signatureByteCount, signature[63] & 0xE0 == 0 else { return false }
        let receivedR = UnsafeRawBufferPointer(rebasing: signature[..<32])
        let receivedS = UnsafeRawBufferPointer(rebasing: signature[32...])
        guard Ed25519ScalarField.isBelowOrder(receivedS) else { return false }

        defer {
            self.buffers.cleanse()
            self.nonce.clear()
            self.sum.clear()
            self.field.clear()
        }
        let hash = self.buffers.slice(Layout.hash, Layout.hashByteCount)
        let computedS = self.buffers.slice(Layout.computedS, Layout.computedSByteCount)
        // The nonce is first, so that what the context keeps of the last hash is public.
        let isComputed =
            self.hash(key.prefix, nil, first, second, into: hash)
            && self.field.multiply(hash: UnsafeRawBufferPointer(hash), by: self.field.one, into: self.nonce)
            && key.publicKey.withUnsafeBytes { self.hash(receivedR, $0, first, second, into: hash) }
            && self.field.multiply(hash: UnsafeRawBufferPointer(hash), by: key.scalar, into: self.sum)
            && self.field.add(self.nonce, to: self.sum)
            && self.sum.store(littleEndian: computedS)
        guard isComputed else {
            ERR_clear_error()
            return false
        }
        return ConstantTime.equal(UnsafeRawBufferPointer(computedS), receivedS)
    }

    /// SHA-512 of the parts; `false` if libcrypto fails, and the output is then meaningless.
    private func hash(
        _ first: UnsafeRawBufferPointer,
        _ second: UnsafeRawBufferPointer?,
        _ third: UnsafeRawBufferPointer,
        _ fourth: UnsafeRawBufferPointer,
        into output: UnsafeMutableRawBufferPointer
    ) -> Bool {
        var written: UInt32 = 0
        // With a nil digest libcrypto reuses the previous one.
        guard EVP_DigestInit_ex2(self.context, nil, nil) == 1, self.update(first),
            second == nil || self.update(second ?? first), self.update(third), self.update(fourth),
            EVP_DigestFinal_ex(self.context, output.baseAddress?.assumingMemoryBound(to: UInt8.self), &written) == 1
        else { return false }
        return Int(written) == output.count
    }

    private func update(_ bytes: UnsafeRawBufferPointer) -> Bool {
        EVP_DigestUpdate(self.context, bytes.baseAddress, bytes.count) == 1
    }

    private enum Layout {
        static let hash = 0
        static let hashByteCount = 64
        static let computedS = 64
        static let computedSByteCount = 32
        static let byteCount = 96
    }
}

@available(*, unavailable)
extension Ed25519KeyedVerifier: Sendable {}
