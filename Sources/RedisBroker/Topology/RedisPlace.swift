// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// Which of several Redis a key, or a Pub/Sub channel, belongs to.
struct RedisPlace: Hashable, Sendable {
    /// How many hash slots a Redis Cluster has.
    static let slotCount = 16_384

    /// The hash slots of the channels' partitions, in their order.
    static let partitionSlots = (0..<ChannelID.partitionCount).map { HashSlot.of("\($0)".utf8) }

    /// The hash slot in a Redis Cluster, from 0 (redis.io, "Redis cluster specification", "Key distribution model").
    let slot: UInt16
    /// What independent Redis are chosen by; 0 is always the first one's.
    let hash: UInt64

    /// The place of a bot's channel, with all of its keys.
    init(_ channel: ChannelID) {
        self.slot = Self.partitionSlots[channel.partition]
        self.hash = channel.hash
    }

    /// The place of what is spread by its own name.
    ///
    /// - Parameter hash: the same on all nodes and in all versions; seeded hashes are not.
    init(key: String, hash: UInt64) {
        self.slot = HashSlot.ofKey(key)
        self.hash = hash
    }

    /// The place of what there is one of, however many Redis there are: with the first of independent ones, so that it
    /// stays where it is when another one is added.
    init(single key: String) {
        self.init(key: key, hash: 0)
    }
}
