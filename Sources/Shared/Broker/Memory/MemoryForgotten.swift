// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule

/// Released channels of a `MemoryBroker`, in order of release. A pure structure guarded by the broker's lock.
struct MemoryForgotten {
    /// How many stale entries `order` may hold beyond its number of live ones.
    private static let staleEntries = 1_024

    /// An entry whose number is no longer its channel's own is stale: the channel is kept again.
    private var order: Deque<(channel: ChannelID, number: UInt64)> = []
    private var numbers: [ChannelID: UInt64] = [:]
    private var lastNumber: UInt64 = 0

    /// How many there are.
    var count: Int { self.numbers.count }

    /// Adds a released channel at the end of the eviction order.
    mutating func append(_ channel: ChannelID) {
        self.lastNumber += 1
        self.numbers[channel] = self.lastNumber
        self.order.append((channel, self.lastNumber))
        if self.order.count > 2 * self.numbers.count + Self.staleEntries {
            self.order.removeAll { self.numbers[$0.channel] != $0.number }
        }
    }

    /// Removes a channel that is kept again or forgotten.
    mutating func remove(_ channel: ChannelID) {
        self.numbers[channel] = nil
    }

    /// Removes and returns the channel released longest ago.
    mutating func popFirst() -> ChannelID? {
        while let oldest = self.order.popFirst() {
            guard self.numbers[oldest.channel] == oldest.number else { continue }
            self.numbers[oldest.channel] = nil
            return oldest.channel
        }
        return nil
    }
}
