// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Shared
import Testing

@Suite struct HMACSHA256Tests {
    /// RFC 4231, test cases 1, 2, 3, 4, 6 and 7: short keys, and keys longer than a block.
    @Test(arguments: [
        (
            [UInt8](repeating: 0x0B, count: 20), Array("Hi There".utf8),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        ),
        (
            Array("Jefe".utf8), Array("what do ya want for nothing?".utf8),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        ),
        (
            [UInt8](repeating: 0xAA, count: 20), [UInt8](repeating: 0xDD, count: 50),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
        ),
        (
            Array(1...25), [UInt8](repeating: 0xCD, count: 50),
            "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"
        ),
        (
            [UInt8](repeating: 0xAA, count: 131), Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        ),
        (
            [UInt8](repeating: 0xAA, count: 131),
            Array(
                ("This is a test using a larger than block-size key and a larger than block-size data. "
                    + "The key needs to be hashed before being used by the HMAC algorithm.").utf8
            ),
            "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"
        ),
    ])
    func vectors(key: [UInt8], message: [UInt8], code: String) {
        #expect(Hex.encode(HMACSHA256.code(key: key, over: message)) == code)
        let half = message.count / 2
        #expect(Hex.encode(HMACSHA256.code(key: key, over: message[..<half], message[half...])) == code)
    }

    /// An empty key is a key, not "the one of before", and an empty message is a message.
    @Test func empty() {
        let code = "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"
        #expect(Hex.encode(HMACSHA256.code(key: [], over: [])) == code)
    }

    /// A code is valid only whole and only unchanged.
    @Test func validity() {
        let key = Array("Jefe".utf8)
        let code = HMACSHA256.code(key: key, over: "ab".utf8)
        #expect(HMACSHA256.isValid(code, key: key, over: "a".utf8, "b".utf8))
        #expect(!HMACSHA256.isValid(code, key: key, over: "a".utf8))
        #expect(!HMACSHA256.isValid(code.dropLast(), key: key, over: "ab".utf8))
        #expect(!HMACSHA256.isValid(code + [0], key: key, over: "ab".utf8))
        #expect(!HMACSHA256.isValid([], key: key, over: "ab".utf8))
        for bit in 0..<256 {
            var changed = code
            changed[bit / 8] ^= 1 << (bit % 8)
            #expect(!HMACSHA256.isValid(changed, key: key, over: "ab".utf8))
        }
    }
}
