// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1
import Shared
import Testing

@testable import Ingress

@Suite struct QQSignatureVerifierTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)
    private let body = ByteBuffer(string: #"{"op":0}"#)

    private func garbage() throws -> QQSignature {
        var bytes = SecureRandom.bytes(64)
        bytes[63] = 0
        let signature = try QQSignature(
            fields: RequestFields([
                "X-Signature-Ed25519": Hex.encode(bytes), "X-Signature-Timestamp": "1735815639",
            ])
        )
        return try #require(signature)
    }

    /// A genuine signature is found so after any amount of garbage: only the costly second look is on a budget.
    @Test func garbageDoesNotLockOut() throws {
        let verifier = try QQSignatureVerifier(check: .keyed, now: self.start)
        let key = try QQKey(secret: Secret("s"))
        for _ in 0..<1_000 {
            #expect(verifier.verify(try self.garbage(), body: self.body, key: key, now: self.start) == .forged)
        }
        let genuine = try QQSignature(
            fields: RequestFields([
                "X-Signature-Ed25519": try key.signature(timestamp: "1".utf8, body: self.body.readableBytesView),
                "X-Signature-Timestamp": "1",
            ])
        )
        let verdict = verifier.verify(try #require(genuine), body: self.body, key: key, now: self.start)
        #expect(verdict == .genuine(.current))
    }
}

@Suite struct TokenBucketTests {
    /// A bucket gives what it holds, refills with time, and never holds more than its capacity.
    @Test func refills() {
        let start = NIODeadline.uptimeNanoseconds(1_000_000_000)
        var bucket = TokenBucket(capacity: 2, perSecond: 1, now: start)
        #expect(bucket.take(now: start) == true)
        #expect(bucket.take(now: start) == true)
        #expect(bucket.take(now: start + .milliseconds(999)) == false)
        #expect(bucket.take(now: start + .seconds(1)) == true)
        #expect(bucket.take(now: start + .seconds(1)) == false)
        #expect(bucket.take(now: start + .hours(1)) == true)
        #expect(bucket.take(now: start + .hours(1)) == true)
        #expect(bucket.take(now: start + .hours(1)) == false)
        bucket.giveBack()
        #expect(bucket.take(now: start + .hours(1)) == true)
    }

    /// A clock that stands still or runs backwards makes no tokens.
    @Test func backwards() {
        let start = NIODeadline.uptimeNanoseconds(10_000_000_000)
        var bucket = TokenBucket(capacity: 1, perSecond: 1, now: start)
        #expect(bucket.take(now: start) == true)
        #expect(bucket.take(now: start - .seconds(5)) == false)
        #expect(bucket.take(now: start) == false)
    }
}

@Suite struct BoundedCacheTests {
    /// The cache never grows over its capacity.
    @Test func bound() {
        var cache = BoundedCache<Int, Int>(capacity: 10)
        for number in 0..<1_000 {
            cache.insert(number, for: number)
            #expect(cache.count <= 10)
        }
    }

    /// What is used stays, what is not used goes.
    @Test func usedEntriesStay() {
        var cache = BoundedCache<Int, Int>(capacity: 10)
        cache.insert(-1, for: -1)
        for number in 0..<1_000 {
            cache.insert(number, for: number)
            #expect(cache.value(for: -1) == -1)
        }
        #expect(cache.value(for: 0) == nil)
        #expect(cache.value(for: 999) == 999)
    }

    /// An entry that is replaced is replaced in both generations.
    @Test func replacing() {
        var cache = BoundedCache<Int, Int>(capacity: 4)
        cache.insert(1, for: 1)
        for number in 10..<12 { cache.insert(number, for: number) }
        cache.insert(2, for: 1)
        #expect(cache.value(for: 1) == 2)
        #expect(cache.count <= 4)
    }
}
