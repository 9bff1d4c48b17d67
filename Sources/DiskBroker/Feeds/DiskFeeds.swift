// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared
internal import Synchronization

/// The feeds of a `DiskBroker`, which live as long as its process. Any thread; events come from the database's alone.
final class DiskFeeds: Sendable {
    /// How many channels may wait to be marked as used, besides those with feeds: channels that had one briefly.
    private static let usedLimit = 65_536

    private struct Feed {
        var number: UInt64
        var receiver: any FeedReceiver
    }

    private struct Channel {
        /// The log's name when the first of the feeds began; it keeps it while there are feeds.
        var epoch: Epoch
        var feeds: [Feed] = []
    }

    private struct State {
        var channels: [ChannelID: Channel] = [:]
        var lastNumber: UInt64 = 0
        var count = 0
        /// The channels that have or had feeds and are not marked as used yet.
        var used: Set<ChannelID> = []
    }

    private let state = Mutex(State())
    private let metrics: DiskBrokerMetrics

    init(metrics: DiskBrokerMetrics) {
        self.metrics = metrics
    }

    /// Feeds a receiver with what is delivered from now on.
    ///
    /// - Parameter start: where the log stands; called where nothing can be delivered meanwhile.
    func add(_ receiver: any FeedReceiver, to channel: ChannelID, start: Position) -> any FeedSubscription {
        let number = self.state.withLock { state in
            state.lastNumber += 1
            state.count += 1
            if state.used.count < Self.usedLimit { state.used.insert(channel) }
            self.metrics.feedCount(state.count)
            state.channels[channel, default: Channel(epoch: start.epoch)].feeds.append(
                Feed(number: state.lastNumber, receiver: receiver)
            )
            return state.lastNumber
        }
        return DiskFeedSubscription(start: start, number: number, channel: channel, feeds: self)
    }

    /// The name of the log of a channel that has feeds; nil for any other.
    func epoch(of channel: ChannelID) -> Epoch? {
        self.state.withLock { $0.channels[channel]?.epoch }
    }

    /// Some of the channels that have or had feeds, to be marked as used in the log.
    func used(_ limit: Int) -> [ChannelID] {
        self.state.withLock { Array($0.used.prefix(limit)) }
    }

    /// That is noted, and on the disk.
    func noted(_ channels: [ChannelID]) {
        guard !channels.isEmpty else { return }
        self.state.withLock { $0.used.subtract(channels) }
    }

    /// Lets it be noted of all channels that have feeds that they are used.
    func useAll() {
        self.state.withLock { $0.used.formUnion($0.channels.keys) }
    }

    /// Hands an event to the feeds of its channel. Under the lock, so that a feed that was cancelled is not called again.
    ///
    /// - Returns: how many feeds have it, and what completes when those that ask for patience have caught up.
    func deliver(_ entry: LogEntry, on channel: ChannelID) -> (feeds: Int, pressure: [EventLoopFuture<Void>]) {
        self.state.withLock { state in
            let feeds = state.channels[channel]?.feeds ?? []
            return (feeds.count, feeds.compactMap { $0.receiver.receive(entry)?.relief })
        }
    }

    /// Ends all feeds.
    func end() {
        self.state.withLock { state in
            state.channels = [:]
            state.count = 0
            self.metrics.feedCount(0)
        }
    }

    fileprivate func remove(_ number: UInt64, from id: ChannelID) {
        self.state.withLock { state in
            guard var channel = state.channels[id],
                let index = channel.feeds.firstIndex(where: { $0.number == number })
            else { return }
            channel.feeds.remove(at: index)
            state.channels[id] = channel.feeds.isEmpty ? nil : channel
            state.count -= 1
            self.metrics.feedCount(state.count)
        }
    }
}

/// A feed of a `DiskBroker`.
private final class DiskFeedSubscription: FeedSubscription {
    let start: Position
    private let number: UInt64
    private let channel: ChannelID
    private let feeds: DiskFeeds

    init(start: Position, number: UInt64, channel: ChannelID, feeds: DiskFeeds) {
        self.start = start
        self.number = number
        self.channel = channel
        self.feeds = feeds
    }

    func cancel() {
        self.feeds.remove(self.number, from: self.channel)
    }
}
