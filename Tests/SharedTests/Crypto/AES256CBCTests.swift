// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Shared
import Testing

@Suite struct AES256CBCTests {
    private static let key = "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4"
    private static let vector = "000102030405060708090a0b0c0d0e0f"
    private static let plaintext =
        "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
        + "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"
    private static let ciphertext =
        "f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d"
        + "39f23369a9d9bacfa530e26304231461b2eb05e2c39be9fcda6c19078c6a9d1b"

    /// NIST SP 800-38A, sections F.2.5 and F.2.6.
    @Test func nistVectors() throws {
        let key = try #require(Hex.decode(Self.key))
        let vector = try #require(Hex.decode(Self.vector))
        let plaintext = try #require(Hex.decode(Self.plaintext))
        let ciphertext = try #require(Hex.decode(Self.ciphertext))
        #expect(try AES256CBC.encrypt(plaintext, key: key, initializationVector: vector) == ciphertext)
        #expect(try AES256CBC.decrypt(ciphertext, key: key, initializationVector: vector) == plaintext)
        #expect(try AES256CBC.encrypt([], key: key, initializationVector: vector) == [])
    }

    /// Parts of blocks and keys of other lengths are refused.
    @Test func refusals() throws {
        let vector = [UInt8](repeating: 0, count: 16)
        #expect(throws: CryptoError.operationFailed) {
            try AES256CBC.decrypt([1], key: [UInt8](repeating: 0, count: 32), initializationVector: vector)
        }
        #expect(throws: CryptoError.invalidKeyLength) {
            try AES256CBC.decrypt([], key: [UInt8](repeating: 0, count: 31), initializationVector: vector)
        }
    }
}

@Suite struct PKCS7Tests {
    /// What is padded comes back, whatever its length.
    @Test(arguments: [16, 32, 255])
    func roundTrip(block: Int) {
        for count in 0...(2 * block) {
            let text = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
            let padded = PKCS7.pad(text, blockByteCount: block)
            #expect(padded.count.isMultiple(of: block) && padded.count > text.count)
            #expect(PKCS7.unpad(padded, blockByteCount: block).map(Array.init) == text)
        }
    }

    /// Every byte of the padding must be right, and nothing but the padding matters.
    @Test func wrongPadding() {
        for count in 1...32 {
            let padded = PKCS7.pad([UInt8](repeating: 0xAA, count: 64 - count), blockByteCount: 32)
            for index in 0..<64 {
                for flip in [1, 0x20, 0x80, 0xFF] as [UInt8] {
                    var changed = padded
                    changed[index] ^= flip
                    let isPadded = PKCS7.unpad(changed, blockByteCount: 32) != nil
                    // The last byte can also become a padding of its own, of one byte.
                    #expect(isPadded == (index < 64 - count || changed[63] == 1), "\(count) \(index) \(flip)")
                }
            }
        }
        for wrong in [[], [1], [UInt8](repeating: 0, count: 32), [UInt8](repeating: 33, count: 64)] as [[UInt8]] {
            #expect(PKCS7.unpad(wrong, blockByteCount: 32) == nil)
        }
        #expect(PKCS7.unpad([UInt8](repeating: 32, count: 32), blockByteCount: 32) == [])
    }
}
