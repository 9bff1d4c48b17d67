// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import COpenSSL

/// Standard Ed25519 verification with the public key (RFC 8032, section 5.1.7), by libcrypto, about 60 µs.
///
/// Where the private key is known, ``Ed25519KeyedVerifier`` accepts honest signatures in a thirtieth of the time.
public enum Ed25519 {
    public static let signatureByteCount = 64
    public static let publicKeyByteCount = 32

    /// Whether the signature is the key's over the parts one after the other. Wrong lengths, keys that are not curve
    /// points and failures of libcrypto all yield false. Any thread.
    public static func verify(
        signature: UnsafeRawBufferPointer,
        over first: UnsafeRawBufferPointer,
        _ second: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0),
        publicKey: UnsafeRawBufferPointer
    ) -> Bool {
        guard signature.count == self.signatureByteCount, let key = try? Ed25519LibraryKey(publicKey: publicKey) else {
            return false
        }
        return withJoined(first, second) { key.accepts(signature, over: $0) }
    }

    /// Whether the signature is the key's over the parts one after the other.
    @inlinable
    public static func verify(
        signature: some Sequence<UInt8>,
        over first: some Sequence<UInt8>,
        _ second: some Sequence<UInt8> = EmptyCollection<UInt8>(),
        publicKey: some Sequence<UInt8>
    ) -> Bool {
        signature.withContiguousBytes { signature in
            first.withContiguousBytes { first in
                second.withContiguousBytes { second in
                    publicKey.withContiguousBytes { publicKey in
                        self.verify(signature: signature, over: first, second, publicKey: publicKey)
                    }
                }
            }
        }
    }
}

/// Lays two parts side by side, because libcrypto takes an Ed25519 message in one piece only.
func withJoined<Result>(
    _ first: UnsafeRawBufferPointer,
    _ second: UnsafeRawBufferPointer,
    _ body: (UnsafeRawBufferPointer) -> Result
) -> Result {
    if second.isEmpty { return body(first) }
    if first.isEmpty { return body(second) }
    return withUnsafeTemporaryAllocation(byteCount: first.count + second.count, alignment: 1) { joined in
        joined.copyMemory(from: first)
        UnsafeMutableRawBufferPointer(rebasing: joined[first.count...]).copyMemory(from: second)
        return body(UnsafeRawBufferPointer(joined))
    }
}
