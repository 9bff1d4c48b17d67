// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared
internal import SignedRequests

/// The check of a QQ event's signature: ours with the bot's key, and both that libcrypto has.
enum SignatureVerification {
    private static let timestamp = Array("1793972238".utf8)

    static var benchmarks: [Benchmark] {
        [
            Benchmark("signature/keyed", against: "signature/libcrypto-verify", expecting: true) {
                let verifier = try Ed25519KeyedVerifier()
                return try Self.check { key, signature, body in
                    Self.timestamp.withUnsafeBytes { timestamp in
                        verifier.accepts(signature: signature, over: timestamp, body, key: key)
                    }
                }
            },
            // What a holder of the key would do without ours.
            Benchmark("signature/libcrypto-sign-and-compare", expecting: true) {
                let library = try LibcryptoKey(seed: Self.seed)
                return try Self.checkJoined { signature, message in
                    let expected = library.signature(of: message)
                    return expected.withUnsafeBytes { ConstantTime.equal($0, signature) }
                }
            },
            Benchmark("signature/libcrypto-verify", expecting: true) {
                let library = try LibcryptoKey(seed: Self.seed)
                return try Self.checkJoined { library.accepts($0, over: $1) }
            },
        ]
    }

    /// What the platform makes of the bot's secret: it is repeated and cut.
    private static var seed: [UInt8] {
        let secret = Array(SampleEvent.secret.utf8)
        return (0..<Ed25519PrivateKey.seedByteCount).map { secret[$0 % secret.count] }
    }

    /// Whether a check accepts a genuine signature, and refuses one over another body; that is tried once.
    private static func check(
        _ accepts: @escaping (Ed25519PrivateKey, UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Bool
    ) throws -> () -> Bool {
        let key = try Ed25519PrivateKey(seed: self.seed)
        let body = Array(try SignedRequests(secret: SampleEvent.secret, count: 1).body(0))
        let message = Self.timestamp + body
        let signature = try message.withUnsafeBytes { bytes in try key.sign(bytes) }
        func isAccepted(_ body: [UInt8]) -> Bool {
            signature.withUnsafeBytes { signature in body.withUnsafeBytes { accepts(key, signature, $0) } }
        }
        let isDiscerning = !isAccepted(body.reversed())
        return { isDiscerning && isAccepted(body) }
    }

    /// The same for libcrypto, which takes a message in one piece: joining is part of its work.
    private static func checkJoined(
        _ accepts: @escaping (UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Bool
    ) throws -> () -> Bool {
        try self.check { _, signature, body in
            withUnsafeTemporaryAllocation(byteCount: Self.timestamp.count + body.count, alignment: 1) { message in
                message.copyBytes(from: Self.timestamp)
                UnsafeMutableRawBufferPointer(rebasing: message[Self.timestamp.count...]).copyMemory(from: body)
                return accepts(signature, UnsafeRawBufferPointer(message))
            }
        }
    }
}
