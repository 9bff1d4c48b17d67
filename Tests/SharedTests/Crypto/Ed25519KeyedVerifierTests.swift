// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import SeededRandom
import Testing

@testable import Shared

/// The keyed check accepts what the key signed and nothing else. Failures print the seed and the case, never a
/// computed S.
@Suite struct Ed25519KeyedVerifierTests {
    private let order = Ed25519ScalarField.order

    /// Random keys and messages of every length around the hash's blocks: what libcrypto signs is accepted, one
    /// changed bit of it is accepted by neither this check nor libcrypto's.
    @Test func againstLibcrypto() throws {
        var random = SeededRandom(for: "Ed25519KeyedVerifierTests.againstLibcrypto")
        let verifier = try Ed25519KeyedVerifier()
        for round in 0..<2000 {
            let key = try Ed25519PrivateKey(seed: random.bytes(32))
            let message = random.bytes(round % 4 == 0 ? Int.random(in: 0...2000, using: &random) : round % 300)
            let cut = Int.random(in: 0...message.count, using: &random)
            var signature = try key.signature(over: message)
            #expect(verifier.accepts(signature, over: message[..<cut], message[cut...], key: key), "round \(round)")

            if round % 2 == 0 {
                signature[Int.random(in: 0..<64, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            } else {
                // Half of the wrong ones are near misses: any R, any S below L.
                signature.replaceSubrange(0..<32, with: random.bytes(32))
                signature[63] &= 0x0F
            }
            let isAccepted = verifier.accepts(signature, over: message, key: key)
            #expect(!isAccepted, "round \(round)")
            if round % 8 == 0 {
                let isVerified = Ed25519.verify(signature: signature, over: message, publicKey: key.publicKey)
                #expect(isAccepted == isVerified, "round \(round)")
            }
        }
    }

    /// Each bit of a signature and each bit of a message counts, and so does its length.
    @Test func singleBits() throws {
        var random = SeededRandom(for: "Ed25519KeyedVerifierTests.singleBits")
        let verifier = try Ed25519KeyedVerifier()
        for _ in 0..<8 {
            let key = try Ed25519PrivateKey(seed: random.bytes(32))
            let message = random.bytes(Int.random(in: 1...150, using: &random))
            let signature = try key.signature(over: message)
            for bit in 0..<512 {
                var changed = signature
                changed[bit / 8] ^= 1 << (bit % 8)
                #expect(!verifier.accepts(changed, over: message, key: key), "bit \(bit) of the signature")
            }
            for bit in 0..<message.count * 8 {
                var changed = message
                changed[bit / 8] ^= 1 << (bit % 8)
                #expect(!verifier.accepts(signature, over: changed, key: key), "bit \(bit) of the message")
            }
            #expect(!verifier.accepts(signature, over: message + [0], key: key))
            #expect(!verifier.accepts(signature, over: message.dropLast(), key: key))
            #expect(verifier.accepts(signature, over: message, key: key), "a rejection leaves nothing behind")
        }
    }

    /// S is never reduced, and no edge value of S or R gets through.
    @Test func edgeValues() throws {
        var random = SeededRandom(for: "Ed25519KeyedVerifierTests.edgeValues")
        let verifier = try Ed25519KeyedVerifier()
        let zeros = [UInt8](repeating: 0, count: 32)
        let one = [1] + zeros.dropFirst()
        let powers = (248..<256).map { bit in
            var power = zeros
            power[bit / 8] = 1 << UInt8(bit % 8)
            return power
        }
        let edges =
            [zeros, one, self.sum(self.order, one), self.order, [self.order[0] - 1] + self.order.dropFirst()]
            + [[UInt8](repeating: 0xFF, count: 32)] + powers
        for round in 0..<100 {
            let key = try Ed25519PrivateKey(seed: random.bytes(32))
            let message = random.bytes(Int.random(in: 0...200, using: &random))
            let signature = try key.signature(over: message)
            let r = Array(signature[..<32])
            let s = Array(signature[32...])
            var forged = edges.map { r + $0 } + edges.map { $0 + s } + edges.flatMap { x in edges.map { x + $0 } }
            var multiple = s
            for _ in 0..<8 {
                multiple = self.sum(multiple, self.order)
                forged.append(r + multiple)
            }
            forged += powers.map { r + self.sum(s, $0) } + [key.publicKey + s, s + r, r + r]
            for (index, signature) in forged.enumerated() {
                #expect(!verifier.accepts(signature, over: message, key: key), "round \(round), case \(index)")
            }
        }
    }

    /// Exactly 64 bytes: a longer or shorter signature is not looked at.
    @Test func lengths() throws {
        let verifier = try Ed25519KeyedVerifier()
        let key = try Ed25519PrivateKey(seed: [UInt8](repeating: 7, count: 32))
        let signature = try key.signature(over: "m".utf8)
        for count in 0..<64 {
            #expect(!verifier.accepts(Array(signature.prefix(count)), over: "m".utf8, key: key))
        }
        #expect(!verifier.accepts(signature + [0], over: "m".utf8, key: key))
        #expect(!verifier.accepts(signature + signature, over: "m".utf8, key: key))
    }

    /// Another key's signature is no signature, also when keys take turns on one verifier.
    @Test func keysTakeTurns() throws {
        var random = SeededRandom(for: "Ed25519KeyedVerifierTests.keysTakeTurns")
        let verifier = try Ed25519KeyedVerifier()
        let keys = try (0..<8).map { _ in try Ed25519PrivateKey(seed: random.bytes(32)) }
        let signatures = try keys.map { try $0.signature(over: "m".utf8) }
        for signer in keys.indices {
            for holder in keys.indices {
                let isAccepted = verifier.accepts(signatures[signer], over: "m".utf8, key: keys[holder])
                #expect(isAccepted == (signer == holder))
            }
        }
    }

    /// When libcrypto fails, nothing is accepted: not an honest signature, and not the zeros that an empty result
    /// would equal.
    @Test func failureRejects() throws {
        let key = try Ed25519PrivateKey(seed: [UInt8](repeating: 7, count: 32))
        let honest = try key.signature(over: "m".utf8)
        let zeroS = Array(honest[..<32]) + [UInt8](repeating: 0, count: 32)
        // A hash of 32 bytes where 64 are needed: the hashing fails in its last step.
        let failing = try Ed25519KeyedVerifier(digest: FetchedAlgorithms.sha256)
        #expect(!failing.accepts(honest, over: "m".utf8, key: key))
        #expect(!failing.accepts(zeroS, over: "m".utf8, key: key))
        #expect(!failing.accepts([UInt8](repeating: 0, count: 64), over: "m".utf8, key: key))
        // What it would accept if it took the short hashes for whole ones.
        let field = try Ed25519FieldBox()
        let zeros = [UInt8](repeating: 0, count: 32)
        let seedHash = Digest.sha512([UInt8](repeating: 7, count: 32))
        let scalar = [seedHash[0] & 0xF8] + seedHash[1..<31] + [seedHash[31] & 0x7F | 0x40]
        let nonce = try field.multiply(Digest.sha256(seedHash[32...], "m".utf8) + zeros, by: nil)
        let challenge = Digest.sha256(honest[..<32], key.publicKey, "m".utf8) + zeros
        let product = try field.multiply(challenge, by: scalar)
        let s = Ed25519ScalarFieldTests.remainder(self.sum(nonce, product))
        #expect(!failing.accepts(Array(honest[..<32]) + s, over: "m".utf8, key: key))
        #expect(throws: CryptoError.algorithmUnavailable) { try Ed25519KeyedVerifier(digest: nil) }
    }

    /// Wycheproof's tcId 42 to 62 are the known difference: only a holder of the key can make them, this check accepts
    /// them and a standard verification does not.
    @Test(arguments: WycheproofVectors.invalidR.indices)
    func knownDifference(index: Int) throws {
        let vector = WycheproofVectors.invalidR[index]
        let key = try Ed25519PrivateKey(seed: #require(Hex.decode(WycheproofVectors.secretKey)))
        #expect(Hex.encode(key.publicKey) == WycheproofVectors.publicKey)
        let message = try #require(Hex.decode(WycheproofVectors.message))
        let signature = try #require(Hex.decode(vector.r + vector.s))
        let name = "tcId \(vector.tcId), \(vector.comment)"
        #expect(try Ed25519KeyedVerifier().accepts(signature, over: message, key: key), "\(name)")
        #expect(!Ed25519.verify(signature: signature, over: message, publicKey: key.publicKey), "\(name)")
    }

    /// The sum of two little-endian numbers, cut to 32 bytes.
    private func sum(_ left: [UInt8], _ right: [UInt8]) -> [UInt8] {
        var carry: UInt16 = 0
        return zip(left, right).map { left, right in
            let sum = UInt16(left) + UInt16(right) + carry
            carry = sum >> 8
            return UInt8(truncatingIfNeeded: sum)
        }
    }
}
