// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Shared
import Testing

@testable import RedisBroker

@Suite struct RedisPlaceTests {
    /// The slots are those of Redis: its specification's check value, and what CLUSTER KEYSLOT answers.
    @Test func slotsAreThoseOfRedis() {
        #expect(HashSlot.of("123456789".utf8) == 0x31C3)
        #expect(HashSlot.ofKey("foo") == 12_182)
        #expect(HashSlot.ofKey("{user1000}.following") == HashSlot.ofKey("user1000"))
        // An empty tag is none, and only the first brace counts.
        #expect(HashSlot.ofKey("foo{}{bar}") == HashSlot.of("foo{}{bar}".utf8))
        #expect(HashSlot.ofKey("foo{{bar}}zap") == HashSlot.of("{bar".utf8))
        #expect(HashSlot.ofKey("foo{bar}{zap}") == HashSlot.of("bar".utf8))
        #expect(HashSlot.ofKey("{") == HashSlot.of("{".utf8))
    }

    /// All keys of a channel are in the slot that its place says.
    @Test func channelsHaveOneSlot() {
        for _ in 0..<100 {
            let keys = ChannelKeys(ChannelID.random())
            for key in [
                keys.feed, keys.log, keys.meta, keys.cursors, keys.groups, keys.dead, keys.notes, keys.seen("x"),
            ] {
                #expect(HashSlot.ofKey(key) == keys.place.slot)
            }
        }
    }

    /// What a Redis more takes, it takes from all others, and nothing else moves.
    @Test func anotherRedisMovesLittle() {
        var moved = 0
        for key in 0..<10_000 as Range<UInt64> {
            let hash = key &* 0x9E37_79B9_7F4A_7C15
            let (before, after) = (JumpHash.bucket(of: hash, count: 3), JumpHash.bucket(of: hash, count: 4))
            #expect((0..<3).contains(before))
            if before != after {
                #expect(after == 3)
                moved += 1
            }
        }
        #expect((2_200...2_800).contains(moved))
        #expect(JumpHash.bucket(of: 1, count: 1) == 0)
    }

    /// What there is one of stays with the first Redis, however many there are.
    @Test func singleThingsStay() {
        for count in 1...64 {
            #expect(JumpHash.bucket(of: RedisPlace(single: "hw:{registry}:bots").hash, count: count) == 0)
        }
    }
}
