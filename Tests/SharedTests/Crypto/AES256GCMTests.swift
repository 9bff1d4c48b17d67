// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Shared

@Suite struct AES256GCMTests {
    /// A vector of "The Galois/Counter Mode of Operation" (McGrew and Viega), appendix B.
    struct Vector: Sendable {
        var key = String(repeating: "0", count: 64)
        var nonce = String(repeating: "0", count: 24)
        var message = ""
        var additionalData = ""
        var ciphertext = ""
        var tag = ""
    }

    static let vectors = [
        // Test case 13: nothing to encrypt.
        Vector(tag: "530f8afbc74536b9a963b4f1c4cb738b"),
        // Test case 14: one block.
        Vector(
            message: "00000000000000000000000000000000",
            ciphertext: "cea7403d4d606b6e074ec5d3baf39d18",
            tag: "d0d1c8a799996bf0265b98b5d48ab919"
        ),
        // Test case 16: additional data, and a last block that is not whole.
        Vector(
            key: "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
            nonce: "cafebabefacedbaddecaf888",
            message: "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525"
                + "b16aedf5aa0de657ba637b39",
            additionalData: "feedfacedeadbeeffeedfacedeadbeefabaddad2",
            ciphertext:
                "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838"
                + "c5f61e6393ba7a0abcc9f662",
            tag: "76fc6ece0f4e1768cddf8853bb2d551b"
        ),
    ]

    /// What the published vectors say comes out, and goes in again.
    @Test(arguments: vectors) func publishedVectors(vector: Vector) throws {
        let key = try #require(Hex.decode(vector.key))
        let nonce = try #require(Hex.decode(vector.nonce))
        let message = try #require(Hex.decode(vector.message))
        let data = try #require(Hex.decode(vector.additionalData))
        let sealed = try AES256GCM.seal(message, key: key, nonce: nonce, additionalData: data)
        #expect(Hex.encode(sealed) == vector.nonce + vector.ciphertext + vector.tag)
        #expect(try AES256GCM.open(sealed, key: key, additionalData: data) == message)
    }

    /// No bit of nonce, ciphertext or tag can be changed, and nothing be cut off or put on.
    @Test func everyChangeShows() throws {
        let key = SecureRandom.bytes(32)
        let sealed = try AES256GCM.seal(Array("a bot".utf8), key: key, additionalData: Array("name".utf8))
        for bit in 0..<sealed.count * 8 {
            var changed = sealed
            changed[bit / 8] ^= 1 << (bit % 8)
            #expect(try AES256GCM.open(changed, key: key, additionalData: Array("name".utf8)) == nil)
        }
        for count in 0..<sealed.count {
            #expect(
                try AES256GCM.open(Array(sealed.prefix(count)), key: key, additionalData: Array("name".utf8)) == nil
            )
        }
        #expect(try AES256GCM.open(sealed + [0], key: key, additionalData: Array("name".utf8)) == nil)
    }

    /// What is bound to one name opens under no other, and with no other key.
    @Test func otherDataAndOtherKeys() throws {
        let key = SecureRandom.bytes(32)
        let sealed = try AES256GCM.seal([1, 2, 3], key: key, additionalData: [1])
        #expect(try AES256GCM.open(sealed, key: key, additionalData: [2]) == nil)
        #expect(try AES256GCM.open(sealed, key: key, additionalData: []) == nil)
        #expect(try AES256GCM.open(sealed, key: SecureRandom.bytes(32), additionalData: [1]) == nil)
        #expect(throws: CryptoError.invalidKeyLength) {
            try AES256GCM.open(sealed, key: [UInt8](repeating: 0, count: 16), additionalData: [1])
        }
    }

    /// The same message is never the same text twice.
    @Test func noncesAreFresh() throws {
        let key = SecureRandom.bytes(32)
        let texts = try (0..<100).map { _ in try AES256GCM.seal([7], key: key, additionalData: []) }
        #expect(Set(texts).count == 100)
    }
}
