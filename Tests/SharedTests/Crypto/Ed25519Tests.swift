// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Shared
import Testing

@Suite struct Ed25519Tests {
    /// RFC 8032, section 7.1: the public key, the signature, and both checks of it.
    @Test(arguments: RFC8032Vectors.all.indices)
    func rfc8032(index: Int) throws {
        let vector = RFC8032Vectors.all[index]
        let key = try Ed25519PrivateKey(seed: #require(Hex.decode(vector.seed)))
        let message = try #require(Hex.decode(vector.message))
        let signature = try #require(Hex.decode(vector.signature))
        #expect(Hex.encode(key.publicKey) == vector.publicKey)
        #expect(try key.signature(over: message) == signature)
        #expect(Ed25519.verify(signature: signature, over: message, publicKey: key.publicKey))
        #expect(try Ed25519KeyedVerifier().accepts(signature, over: message, key: key))
    }

    /// A seed or public key of another length is an error, never padded or cut.
    @Test(arguments: [0, 1, 31, 33, 64])
    func lengths(count: Int) throws {
        let bytes = [UInt8](repeating: 7, count: count)
        #expect(throws: CryptoError.invalidKeyLength) { try Ed25519PrivateKey(seed: bytes) }
        #expect(throws: CryptoError.invalidKeyLength) {
            try bytes.withUnsafeBytes { try Ed25519PrivateKey(seed: $0) }
        }
        let key = try Ed25519PrivateKey(seed: [UInt8](repeating: 7, count: 32))
        let signature = try key.signature(over: [1])
        #expect(!Ed25519.verify(signature: signature, over: [1], publicKey: bytes))
    }

    /// The standard check takes exactly 64 bytes, the right key and the right message.
    @Test func standardCheck() throws {
        let key = try Ed25519PrivateKey(seed: [UInt8](repeating: 7, count: 32))
        let other = try Ed25519PrivateKey(seed: [UInt8](repeating: 8, count: 32))
        let signature = try key.signature(over: "ab".utf8)
        #expect(Ed25519.verify(signature: signature, over: "a".utf8, "b".utf8, publicKey: key.publicKey))
        #expect(Ed25519.verify(signature: signature, over: "".utf8, "ab".utf8, publicKey: key.publicKey))
        #expect(!Ed25519.verify(signature: signature, over: "a".utf8, publicKey: key.publicKey))
        #expect(!Ed25519.verify(signature: signature, over: "ab".utf8, publicKey: other.publicKey))
        #expect(!Ed25519.verify(signature: signature.dropLast(), over: "ab".utf8, publicKey: key.publicKey))
        #expect(!Ed25519.verify(signature: signature + [0], over: "ab".utf8, publicKey: key.publicKey))
        #expect(!Ed25519.verify(signature: [], over: "ab".utf8, publicKey: key.publicKey))
    }

    /// A message in two parts has the signature of the whole, wherever it is cut.
    @Test func parts() throws {
        let key = try Ed25519PrivateKey(seed: [UInt8](repeating: 7, count: 32))
        let message = Array("1725442341{}".utf8)
        let signature = try key.signature(over: message)
        for cut in 0...message.count {
            #expect(try key.signature(over: message[..<cut], message[cut...]) == signature)
        }
    }

    /// One key signs on many threads at once and always the same.
    @Test func threads() async throws {
        let key = try Ed25519PrivateKey(seed: [UInt8](repeating: 7, count: 32))
        let expected = try key.signature(over: "message".utf8)
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    let verifier = try Ed25519KeyedVerifier()
                    return try (0..<100).allSatisfy { _ in
                        try key.signature(over: "message".utf8) == expected
                            && verifier.accepts(expected, over: "message".utf8, key: key)
                    }
                }
            }
            for try await isRight in group { #expect(isRight) }
        }
    }
}

extension Ed25519PrivateKey {
    func signature(over first: some Sequence<UInt8>, _ second: some Sequence<UInt8> = [UInt8]()) throws -> [UInt8] {
        try Array(first).withUnsafeBytes { first in
            try Array(second).withUnsafeBytes { second in try self.sign(first, second) }
        }
    }
}

extension Ed25519KeyedVerifier {
    func accepts(
        _ signature: [UInt8],
        over first: some Sequence<UInt8>,
        _ second: some Sequence<UInt8> = [UInt8](),
        key: Ed25519PrivateKey
    ) -> Bool {
        signature.withUnsafeBytes { signature in
            Array(first).withUnsafeBytes { first in
                Array(second).withUnsafeBytes { second in
                    self.accepts(signature: signature, over: first, second, key: key)
                }
            }
        }
    }
}
