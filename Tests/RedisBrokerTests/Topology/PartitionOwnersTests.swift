// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Shared
import Testing

@testable import RedisBroker

/// Which nodes of a cluster have channels.
@Suite struct PartitionOwnersTests {
    /// A channel of a node lies in a slot of that node, and all of its partitions are drawn from.
    @Test func channelsOfANode() throws {
        let owners = PartitionOwners { Int($0) * 3 / RedisPlace.slotCount }
        for owner in 0..<3 {
            var drawn: Set<Int> = []
            for _ in 0..<2_000 {
                let channel = try #require(owners.randomChannel(of: owner))
                #expect(Int(RedisPlace(channel).slot) * 3 / RedisPlace.slotCount == owner)
                drawn.insert(channel.partition)
            }
            #expect(drawn.count == RedisPlace.partitionSlots.count { Int($0) * 3 / RedisPlace.slotCount == owner })
        }
        #expect(owners.randomChannel(of: 0) != owners.randomChannel(of: 0))
    }

    /// Of a thousand nodes most have slots and no partition: it is asked who has each partition's slot, and nothing is drawn
    /// for them.
    @Test func nodesWithoutAPartition() {
        var asked: [UInt16] = []
        let owners = PartitionOwners { slot -> Int? in
            asked.append(slot)
            return Int(slot) * 1_000 / RedisPlace.slotCount
        }
        #expect(asked == RedisPlace.partitionSlots && asked.count == ChannelID.partitionCount)
        let having = Set(asked.map { Int($0) * 1_000 / RedisPlace.slotCount })
        for owner in 0..<1_000 { #expect((owners.randomChannel(of: owner) != nil) == having.contains(owner)) }
    }

    /// What nobody serves is nobody's.
    @Test func nobody() {
        let owners = PartitionOwners { slot -> Int? in slot == RedisPlace.partitionSlots[7] ? 1 : nil }
        #expect(owners.randomChannel(of: 1)?.partition == 7)
        #expect(owners.randomChannel(of: 2) == nil)
    }

    /// The slots of the partitions are those of the keys' hash tags.
    @Test func slots() {
        for partition in 0..<ChannelID.partitionCount {
            let keys = ChannelKeys(ChannelID.random(inPartition: partition))
            #expect(keys.place.slot == HashSlot.ofKey(keys.log))
            #expect(keys.place.slot == RedisPlace.partitionSlots[partition])
        }
    }
}
