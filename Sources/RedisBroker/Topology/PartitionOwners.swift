// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// Which partitions of the channels each node of a cluster has: a node may have slots, and none of a partition.
struct PartitionOwners<Owner: Hashable> {
    private var partitions: [Owner: [Int]] = [:]

    /// - Parameter owner: a slot's owner; called once per partition. Nil if it has none.
    init(owner: (_ slot: UInt16) -> Owner?) {
        for (partition, slot) in RedisPlace.partitionSlots.enumerated() {
            if let owner = owner(slot) { self.partitions[owner, default: []].append(partition) }
        }
    }

    /// A random channel among those that an owner has; nil where it has none.
    func randomChannel(of owner: Owner) -> ChannelID? {
        self.partitions[owner]?.randomElement().map { ChannelID.random(inPartition: $0) }
    }
}
