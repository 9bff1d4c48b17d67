// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Shared
import Testing

@Suite struct SecretTests {
    private struct Holder {
        let name = "bot"
        let secret = Secret("hunter2")
        let list = [Secret("hunter2")]
    }

    /// No way of printing shows what is inside, nor does what holds it.
    @Test func redaction() {
        let secret = Secret("hunter2")
        var dumped = ""
        dump(secret, to: &dumped)
        dump(Holder(), to: &dumped)
        let printed = [
            "\(secret)", String(describing: secret), String(reflecting: secret), secret.description, dumped,
            "\(Holder())", String(reflecting: Holder()), "\([secret: secret])", "\(Optional(secret) as Any)",
            "\(Mirror(reflecting: secret).children.map { "\($0.value)" })",
        ]
        for text in printed {
            #expect(!text.contains("hunter2"))
            #expect(text.contains("<redacted>"))
        }
        #expect(!((secret as Any) is any Encodable))
    }

    /// Equality and hashing go by the bytes.
    @Test func equality() {
        #expect(Secret("a") == Secret("a"))
        #expect(Secret("a") != Secret("b"))
        #expect(Secret("a") != Secret("ab"))
        #expect(Set([Secret("a"), Secret("a"), Secret("b")]).count == 2)
        #expect(Secret("\u{E9}") != Secret("e\u{301}"), "canonical equivalence is not equality of secrets")
    }

    /// What is inside comes out by the exposing members only, errors included.
    @Test func exposure() {
        struct Refusal: Error {}
        let secret = Secret("哦")
        #expect(secret.exposeText() == "哦")
        #expect(secret.utf8Count == 3)
        #expect(!secret.isEmpty)
        #expect(Secret("").isEmpty)
        #expect(secret.exposeUTF8 { Array($0) } == [0xE5, 0x93, 0xA6])
        #expect(throws: Refusal.self) { try secret.exposeUTF8 { _ throws(Refusal) -> Int in throw Refusal() } }
    }
}

@Suite struct ConstantTimeTests {
    /// Equal means the same length and the same bytes, with each single bit counting.
    @Test func equality() {
        let bytes = [UInt8](0..<32)
        #expect(ConstantTime.equal(bytes, bytes))
        #expect(ConstantTime.equal([], []))
        #expect(!ConstantTime.equal(bytes, bytes.dropLast()))
        #expect(!ConstantTime.equal(bytes, []))
        for bit in 0..<256 {
            var changed = bytes
            changed[bit / 8] ^= 1 << (bit % 8)
            #expect(!ConstantTime.equal(bytes, changed))
        }
    }
}

@Suite struct SecureRandomTests {
    /// As many bytes as asked for, all of them written, and others the next time.
    @Test func bytes() {
        #expect(SecureRandom.bytes(0).isEmpty)
        #expect(SecureRandom.bytes(33).count == 33)
        #expect(SecureRandom.bytes(32) != SecureRandom.bytes(32))
        // 32 draws of 8 bytes: that a byte stays zero by chance in all of them has a probability of 2^-253.
        var seen = [UInt8](repeating: 0, count: 8)
        for _ in 0..<32 {
            for (index, byte) in SecureRandom.bytes(8).enumerated() { seen[index] |= byte }
        }
        #expect(!seen.contains(0))
    }
}
