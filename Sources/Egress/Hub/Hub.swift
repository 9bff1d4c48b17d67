// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared
internal import Synchronization

/// All feeds of an egress node, one per channel, shared by the channel's sockets on every event loop. Any thread.
///
/// A feed starts with the first place taken on it, and ends some seconds after the last was given back, so that a bot
/// that reconnects finds it running.
final class Hub: Sendable {
    private final class Slot: Sendable {
        let feed: Feed
        let subscription: EventLoopFuture<any FeedSubscription>

        init(feed: Feed, subscription: EventLoopFuture<any FeedSubscription>) {
            self.feed = feed
            self.subscription = subscription
        }
    }

    private struct Entry {
        var slot: Slot
        /// How many places are taken.
        var places: Int
        /// Incremented each time the last place is given back, so that the delayed end of the feed can detect newer
        /// use.
        var generation: UInt64 = 0
    }

    let broker: any Broker
    private let grace: TimeAmount
    /// The socket limits of bots; nil for none.
    private let seats: BotSeats?
    private let metrics = FeedMetrics()
    private let entries = Mutex<[ChannelID: Entry]>([:])

    init(broker: any Broker, grace: TimeAmount, seats: BotSeats? = nil) {
        self.broker = broker
        self.grace = grace
        self.seats = seats
    }

    /// How many feeds run.
    var feedCount: Int { self.entries.withLock { $0.count } }

    /// How many channels have sockets right now.
    var occupiedFeedCount: Int { self.entries.withLock { $0.values.count { $0.places > 0 } } }

    /// Takes a place on a channel's feed.
    ///
    /// - Returns: a future on `eventLoop` that succeeds when the feed is active, or fails with the broker's error, or
    ///   with `SocketRefusal` if the bot is at its socket limit.
    func takePlace(on channel: ChannelID, eventLoop: any EventLoop) -> EventLoopFuture<FeedPlace> {
        guard let seats else { return self.takePlace(on: channel, seat: nil, eventLoop: eventLoop) }
        return seats.take(on: channel, eventLoop: eventLoop).flatMap { seat in
            self.takePlace(on: channel, seat: seat, eventLoop: eventLoop)
        }
    }

    private func takePlace(
        on channel: ChannelID,
        seat: Seat?,
        eventLoop: any EventLoop
    ) -> EventLoopFuture<FeedPlace> {
        let (slot, starting) = self.entries.withLock { entries -> (Slot, EventLoopPromise<any FeedSubscription>?) in
            if var entry = entries[channel] {
                entry.places += 1
                entries[channel] = entry
                return (entry.slot, nil)
            }
            let promise = eventLoop.makePromise(of: (any FeedSubscription).self)
            let slot = Slot(feed: Feed(channel: channel, metrics: self.metrics), subscription: promise.futureResult)
            entries[channel] = Entry(slot: slot, places: 1)
            return (slot, promise)
        }
        let place = FeedPlace(feed: slot.feed, seat: seat, hub: self)
        if let starting {
            self.metrics.began()
            // A feed that failed to start is dropped: the next socket retries.
            starting.futureResult.whenFailure { _ in self.forget(slot) }
            starting.completeWith(self.broker.feed(channel, to: slot.feed, on: eventLoop))
        }
        return slot.subscription.hop(to: eventLoop).map { subscription in
            slot.feed.started(at: subscription.start)
            return place
        }
    }

    /// Gives a place back; called by the place itself, once.
    func giveBack(_ channel: ChannelID, feed: Feed) {
        let last = self.entries.withLock { entries -> (slot: Slot, generation: UInt64)? in
            guard var entry = entries[channel], entry.slot.feed === feed else { return nil }
            entry.places -= 1
            entry.generation += 1
            entries[channel] = entry
            return entry.places == 0 ? (entry.slot, entry.generation) : nil
        }
        guard let last else { return }
        last.slot.subscription.eventLoop.scheduleTask(in: self.grace) {
            self.end(channel, generation: last.generation)
        }
    }

    private func end(_ channel: ChannelID, generation: UInt64) {
        let slot = self.entries.withLock { entries -> Slot? in
            guard let entry = entries[channel], entry.places == 0, entry.generation == generation else { return nil }
            return entries.removeValue(forKey: channel)?.slot
        }
        guard let slot else { return }
        self.metrics.ended()
        slot.subscription.whenSuccess { $0.cancel() }
    }

    private func forget(_ slot: Slot) {
        let isForgotten = self.entries.withLock { entries in
            guard entries[slot.feed.channel]?.slot === slot else { return false }
            entries[slot.feed.channel] = nil
            return true
        }
        if isForgotten { self.metrics.ended() }
    }
}
