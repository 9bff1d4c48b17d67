// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// A session's share of its bot's guilds.
struct GatewayShard: Hashable, Sendable {
    /// Everything.
    static let only = GatewayShard(index: 0, count: 1)

    let index: UInt16
    /// At least 1, and more than `index`.
    let count: UInt16

    /// Whether the session gets the events of a guild: `(guild_id >> 22) % num_shards`, as the platform defines it.
    /// Events without a guild go to shard 0.
    func admits(guild: UInt64?) -> Bool {
        guard let guild else { return self.index == 0 }
        return (guild >> 22) % UInt64(self.count) == UInt64(self.index)
    }
}
