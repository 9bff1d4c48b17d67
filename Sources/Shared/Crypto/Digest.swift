// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// A hash function that Hookwire uses.
public enum DigestAlgorithm: String, Sendable, CaseIterable {
    case sha256
    case sha512
    /// SHA-1, broken as a hash. It is here for the protocols that prescribe it and do not rest on it: the WebSocket
    /// handshake (RFC 6455, section 4.2.2) and WeChat's callback check. Choose another for everything else.
    case insecureSHA1
    /// MD5, broken as a hash. It is here for the hashes of tokens that other relays have made.
    case insecureMD5

    /// The length of the hash in bytes.
    public var byteCount: Int {
        switch self {
        case .insecureMD5: 16
        case .insecureSHA1: 20
        case .sha256: 32
        case .sha512: 64
        }
    }
}

/// Hashes of messages that lie in memory, given whole or in parts: `Digest.sha256(timestamp.utf8, body)` hashes the
/// concatenation and makes none. Where three parts are not enough, use ``StreamingDigest``.
///
/// A failure of libcrypto here means that it lacks a mandatory algorithm or has no memory; it traps, as Swift's own
/// allocations do.
public enum Digest {
    /// SHA-256 (FIPS 180-4) of the parts one after the other, 32 bytes.
    @inlinable
    public static func sha256(
        _ first: some Sequence<UInt8>,
        _ second: some Sequence<UInt8> = EmptyCollection<UInt8>(),
        _ third: some Sequence<UInt8> = EmptyCollection<UInt8>()
    ) -> [UInt8] {
        self.hash(.sha256, first, second, third)
    }

    /// SHA-512 (FIPS 180-4) of the parts one after the other, 64 bytes.
    static func sha512(
        _ first: some Sequence<UInt8>,
        _ second: some Sequence<UInt8> = EmptyCollection<UInt8>(),
        _ third: some Sequence<UInt8> = EmptyCollection<UInt8>()
    ) -> [UInt8] {
        self.hash(.sha512, first, second, third)
    }

    /// SHA-1 of the parts one after the other, 20 bytes: only where a protocol prescribes it, see ``DigestAlgorithm``.
    @inlinable
    public static func insecureSHA1(
        _ first: some Sequence<UInt8>,
        _ second: some Sequence<UInt8> = EmptyCollection<UInt8>(),
        _ third: some Sequence<UInt8> = EmptyCollection<UInt8>()
    ) -> [UInt8] {
        self.hash(.insecureSHA1, first, second, third)
    }

    /// MD5 of the bytes, 16 bytes: only to know again what other relays have hashed, see ``DigestAlgorithm``.
    ///
    /// - Returns: nil where libcrypto is configured not to have it, as in FIPS mode.
    public static func insecureMD5(_ bytes: UnsafeRawBufferPointer) -> [UInt8]? {
        guard FetchedAlgorithms.md5 != nil else { return nil }
        var digest = StreamingDigest(.insecureMD5)
        digest.update(bytes)
        return digest.finalize()
    }

    @inlinable
    static func hash(
        _ algorithm: DigestAlgorithm,
        _ first: some Sequence<UInt8>,
        _ second: some Sequence<UInt8>,
        _ third: some Sequence<UInt8>
    ) -> [UInt8] {
        var digest = StreamingDigest(algorithm)
        digest.update(first)
        digest.update(second)
        digest.update(third)
        return digest.finalize()
    }
}
