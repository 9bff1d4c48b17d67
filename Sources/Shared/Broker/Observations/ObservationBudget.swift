// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore

/// Rate limit on the observations a node publishes, per node and per channel. The excess is dropped, so that neither a
/// flood of refused requests nor a busy bot loads the shared store.
public struct ObservationBudget: Sendable {
    private struct Bucket: Sendable {
        var tokens: Double
        var updated: NIODeadline

        mutating func take(capacity: Double, perSecond: Double, now: NIODeadline) -> Bool {
            let seconds = Double(max(0, (now - self.updated).nanoseconds)) / 1e9
            self.updated = max(now, self.updated)
            self.tokens = min(capacity, self.tokens + seconds * perSecond)
            guard self.tokens >= 1 else { return false }
            self.tokens -= 1
            return true
        }
    }

    /// Burst and sustained rate per second, for the node and for one channel.
    static let node = (capacity: 400.0, perSecond: 200.0)
    static let channel = (capacity: 100.0, perSecond: 40.0)
    /// How many channels' buckets are kept. Beyond it all are dropped: the node's own limit still holds.
    static let channelLimit = 1_024

    private var node: Bucket
    private var channels: [ChannelID: Bucket] = [:]

    /// A full budget.
    public init(now: NIODeadline) {
        self.node = Bucket(tokens: Self.node.capacity, updated: now)
    }

    /// Takes one observation of a channel from the budget; false where it is used up.
    public mutating func take(on channel: ChannelID, now: NIODeadline) -> Bool {
        if self.channels.count >= Self.channelLimit, self.channels[channel] == nil { self.channels = [:] }
        var bucket = self.channels[channel] ?? Bucket(tokens: Self.channel.capacity, updated: now)
        let isWithin = bucket.take(capacity: Self.channel.capacity, perSecond: Self.channel.perSecond, now: now)
        self.channels[channel] = bucket
        return isWithin && self.node.take(capacity: Self.node.capacity, perSecond: Self.node.perSecond, now: now)
    }
}
