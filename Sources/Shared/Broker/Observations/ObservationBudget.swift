// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore

/// How much a node may tell those who look on: so many observations a second, and of them so many of one channel. What is
/// beyond is not told, so that neither a flood of refused requests nor a busy bot loads the store that joins the nodes.
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

    /// How many there may be at once, and then a second, on the node and on one channel.
    static let node = (capacity: 400.0, perSecond: 200.0)
    static let channel = (capacity: 100.0, perSecond: 40.0)
    /// How many channels' shares are remembered. Beyond it all are forgotten: the node's own bound still holds.
    static let channelLimit = 1_024

    private var node: Bucket
    private var channels: [ChannelID: Bucket] = [:]

    /// A full budget.
    public init(now: NIODeadline) {
        self.node = Bucket(tokens: Self.node.capacity, updated: now)
    }

    /// Whether one more may be told on a channel, which then is.
    public mutating func take(on channel: ChannelID, now: NIODeadline) -> Bool {
        if self.channels.count >= Self.channelLimit, self.channels[channel] == nil { self.channels = [:] }
        var bucket = self.channels[channel] ?? Bucket(tokens: Self.channel.capacity, updated: now)
        let isWithin = bucket.take(capacity: Self.channel.capacity, perSecond: Self.channel.perSecond, now: now)
        self.channels[channel] = bucket
        return isWithin && self.node.take(capacity: Self.node.capacity, perSecond: Self.node.perSecond, now: now)
    }
}
