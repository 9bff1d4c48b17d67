// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// The epochs of the channels of a `MemoryBroker`: the name that a channel's log gets when it is created.
///
/// A channel without events and feeds is released, and recreated on demand. If it never had an event, it gets the same
/// epoch, so that a position before its first event stays valid. A log that had events and has been forgotten gets a
/// new one. A pure structure under the broker's lock.
struct MemoryEpochs {
    /// How many forgotten logs that had events are tracked; beyond it, every recreated log gets a new epoch.
    private static let limit = 65_536

    private var ended: [ChannelID: UInt32] = [:]
    private var generation: UInt64 = 0
    private let seed = UInt64.random(in: .min ... .max)

    /// The epoch that a channel's log would get if created now.
    func epoch(of channel: ChannelID) -> Epoch {
        // The process's random hash seed and ours keep two processes apart.
        var hasher = Hasher()
        hasher.combine(self.seed)
        hasher.combine(self.generation)
        hasher.combine(channel)
        hasher.combine(self.ended[channel] ?? 0)
        return Epoch(rawValue: max(1, UInt64(bitPattern: Int64(hasher.finalize()))))
    }

    /// A channel's log that had events is forgotten.
    mutating func end(_ channel: ChannelID) {
        if self.ended.count >= Self.limit {
            self.ended.removeAll(keepingCapacity: true)
            self.generation += 1
        }
        self.ended[channel, default: 0] += 1
    }
}
