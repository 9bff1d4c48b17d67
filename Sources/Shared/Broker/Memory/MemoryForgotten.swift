// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule

/// Channels of a `MemoryBroker` that are not kept, in the order in which they were let go. A pure structure under the
/// broker's lock.
struct MemoryForgotten {
    /// How many entries of `order` may be of channels that are kept again, beside as many as there are others.
    private static let staleEntries = 1_024

    /// One that was kept again since stands in it with a number that is not its own any more.
    private var order: Deque<(channel: ChannelID, number: UInt64)> = []
    private var numbers: [ChannelID: UInt64] = [:]
    private var lastNumber: UInt64 = 0

    /// How many there are.
    var count: Int { self.numbers.count }

    /// The channel is not kept any more: it is the last that goes.
    mutating func append(_ channel: ChannelID) {
        self.lastNumber += 1
        self.numbers[channel] = self.lastNumber
        self.order.append((channel, self.lastNumber))
        if self.order.count > 2 * self.numbers.count + Self.staleEntries {
            self.order.removeAll { self.numbers[$0.channel] != $0.number }
        }
    }

    /// The channel is kept again, or nothing is remembered of it.
    mutating func remove(_ channel: ChannelID) {
        self.numbers[channel] = nil
    }

    /// Takes the one that was let go the longest ago.
    mutating func popFirst() -> ChannelID? {
        while let oldest = self.order.popFirst() {
            guard self.numbers[oldest.channel] == oldest.number else { continue }
            self.numbers[oldest.channel] = nil
            return oldest.channel
        }
        return nil
    }
}
