// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Shared

@Suite struct DigestTests {
    /// SHA-256 is FIPS 180-4's: the empty message, one block, two blocks.
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
    ])
    func sha256(message: String, hash: String) {
        #expect(Hex.encode(Digest.sha256(message.utf8)) == hash)
    }

    /// SHA-512 is FIPS 180-4's.
    @Test(arguments: [
        (
            "",
            "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
                + "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"
        ),
        (
            "abc",
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
        ),
    ])
    func sha512(message: String, hash: String) {
        #expect(Hex.encode(Digest.sha512(message.utf8)) == hash)
    }

    /// SHA-1 gives the accept value of RFC 6455's handshake, section 1.3, and FIPS 180-4's hash.
    @Test func sha1() {
        #expect(Hex.encode(Digest.insecureSHA1("abc".utf8)) == "a9993e364706816aba3e25717850c26c9cd0d89d")
        let accept = Digest.insecureSHA1("dGhlIHNhbXBsZSBub25jZQ==".utf8, "258EAFA5-E914-47DA-95CA-C5AB0DC85B11".utf8)
        #expect(Base64.encode(accept) == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    }

    /// A million letters: many updates and many blocks.
    @Test func millionLetters() {
        var digest = StreamingDigest(.sha256)
        let thousand = [UInt8](repeating: UInt8(ascii: "a"), count: 1000)
        for _ in 0..<1000 { digest.update(thousand) }
        #expect(
            Hex.encode(digest.finalize()) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
        )
    }

    /// A message in parts has the hash of the whole, wherever it is cut and whatever kind of sequence the parts are.
    @Test func parts() {
        let message = Array("1725442341{\"op\":0,\"d\":{}}".utf8)
        let whole = Digest.sha512(message)
        for first in 0...message.count {
            for second in first...message.count {
                let parts = (message[..<first], AnySequence(message[first..<second]), Array(message[second...]))
                #expect(Digest.sha512(parts.0, parts.1, parts.2) == whole)
            }
        }
    }

    /// One digest hashes one message after the other, each as if it were alone.
    @Test(arguments: DigestAlgorithm.allCases)
    func restart(algorithm: DigestAlgorithm) {
        var reused = StreamingDigest(algorithm)
        for message in ["abc", "", "abc"] {
            var fresh = StreamingDigest(algorithm)
            fresh.update(message.utf8)
            reused.update(message.utf8)
            var output = [UInt8](repeating: 0, count: algorithm.byteCount)
            output.withUnsafeMutableBytes { reused.finalizeAndRestart(into: $0) }
            #expect(fresh.finalize() == output)
        }
    }
}
