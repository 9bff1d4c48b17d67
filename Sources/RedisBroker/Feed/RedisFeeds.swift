// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import NIOCore
internal import Shared
internal import Synchronization

/// All feeds of a node: one for a channel, whatever number of receivers it has, on one subscription. Any thread.
final class RedisFeeds: Sendable {
    private struct State {
        var registry: FeedRegistry
        var isEnded = false
    }

    private let client: RedisClient
    private let reader: LogReader
    private let eventLoops: any EventLoopGroup
    private let timeout: TimeAmount
    private let metrics: RedisBrokerMetrics
    private let logger: Logger
    private let state: Mutex<State>

    /// - Parameters:
    ///   - timeout: how long a feed may take to begin.
    ///   - turns: how many calls of `checkNext` it takes to check all feeds.
    init(
        client: RedisClient,
        reader: LogReader,
        eventLoops: any EventLoopGroup,
        timeout: TimeAmount,
        turns: Int,
        metrics: RedisBrokerMetrics,
        logger: Logger
    ) {
        self.client = client
        self.reader = reader
        self.eventLoops = eventLoops
        self.timeout = timeout
        self.metrics = metrics
        self.logger = logger
        self.state = Mutex(State(registry: FeedRegistry(turns: turns)))
    }

    // MARK: Receivers

    func feed(
        _ channel: ChannelID,
        to receiver: any FeedReceiver,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<any FeedSubscription> {
        let keys = ChannelKeys(channel)
        while true {
            guard let feed = self.feed(keys) else { return eventLoop.makeFailedFuture(BrokerError.closed) }
            // A feed that has ended in this moment is replaced by the next round.
            guard let (number, start) = feed.add(receiver, on: eventLoop) else {
                self.forget(feed)
                continue
            }
            let deadline = eventLoop.scheduleTask(in: self.timeout) {
                if feed.expire(number) { self.forget(feed) }
            }
            return start.always { _ in deadline.cancel() }.map { start in
                RedisFeedSubscription(start: start) { self.remove(number, from: feed) }
            }
        }
    }

    /// The feed of a channel, made and subscribed where there is none; nil after the end.
    private func feed(_ keys: ChannelKeys) -> RedisFeed? {
        self.state.withLock { state in
            guard !state.isEnded else { return nil }
            if let feed = state.registry.feed(named: keys.feed) { return feed }
            let feed = RedisFeed(
                keys: keys,
                reader: self.reader,
                eventLoop: self.eventLoops.next(),
                metrics: self.metrics,
                logger: self.logger
            )
            state.registry.insert(feed)
            self.metrics.feedCount(state.registry.count)
            // Under the lock, so that it cannot come behind an `unsubscribe` that was meant for an earlier feed.
            self.client.subscribe(keys.feed, at: keys.place)
            return feed
        }
    }

    private func remove(_ number: UInt64, from feed: RedisFeed) {
        if feed.remove(number) { self.forget(feed) }
    }

    private func forget(_ feed: RedisFeed) {
        self.state.withLock { state in
            guard state.registry.remove(feed) else { return }
            self.metrics.feedCount(state.registry.count)
            self.client.unsubscribe(feed.keys.feed, at: feed.keys.place)
        }
    }

    // MARK: From Redis

    /// Redis has confirmed a subscription.
    func subscribed(to name: String) {
        self.state.withLock { $0.registry.feed(named: name) }?.subscribed()
    }

    /// Something was pushed.
    ///
    /// - Returns: whether it was for a feed.
    func pushed(on name: String, payload: ByteBuffer) -> Bool {
        guard let feed = self.state.withLock({ $0.registry.feed(named: name) }) else { return false }
        if let message = FeedMessage(pushed: payload) {
            feed.pushed(message)
        } else {
            self.logger.debug("something else than an event was published", metadata: ["feed": "\(name)"])
        }
        return true
    }

    /// The subscriptions of these names are lost.
    func subscriptionsLost(_ names: Set<String>) {
        for feed in self.state.withLock({ $0.registry.feeds }) where names.contains(feed.keys.feed) {
            feed.subscriptionLost()
        }
    }

    // MARK: Time and the end

    /// Lets the feeds look whose turn it is.
    func checkNext() {
        for feed in self.state.withLock({ $0.registry.takeTurn() }) { feed.checkDue() }
    }

    /// Ends all feeds.
    func end() {
        let feeds = self.state.withLock { state in
            state.isEnded = true
            return state.registry.feeds
        }
        for feed in feeds {
            feed.end(failing: .closed)
            self.forget(feed)
        }
    }
}

/// A receiver's part in a feed.
private final class RedisFeedSubscription: FeedSubscription {
    let start: Position
    private let end: @Sendable () -> Void

    init(start: Position, end: @escaping @Sendable () -> Void) {
        self.start = start
        self.end = end
    }

    func cancel() {
        self.end()
    }
}
