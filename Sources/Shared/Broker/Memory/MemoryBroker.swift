// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore
internal import Synchronization

/// A broker in the memory of one process: the default, and what single-user relays run on.
///
/// It keeps the guarantees of `Broker` for as long as the process lives. One lock orders all publications: an append
/// and the hand-over to the feeds take about a microsecond, so the lock is never the bottleneck.
public final class MemoryBroker: Broker {
    private let store: Mutex<MemoryStore>
    private let tokens = Mutex(MemoryTokens())
    private let inboxes = LocalInboxes()
    private let reports = LocalReports()
    private let now: @Sendable () -> Int64

    /// Creates a broker with empty logs.
    ///
    /// - Parameters:
    ///   - configuration: what is retained.
    ///   - now: a monotonic clock, in milliseconds.
    public init(
        configuration: MemoryBrokerConfiguration = MemoryBrokerConfiguration(),
        now: @escaping @Sendable () -> Int64 = { Int64(NIODeadline.now().uptimeNanoseconds / 1_000_000) }
    ) {
        self.store = Mutex(MemoryStore(configuration: configuration))
        self.now = now
    }

    /// Always ready: there is no external store.
    public var health: BrokerHealth { .ready }

    /// The bytes used by logs and known keys, as estimated.
    public var memory: Int { self.store.withLock { $0.memory } }

    /// How many channels have retained events or feeds.
    var channelCount: Int { self.store.withLock { $0.channelCount } }

    public func publish(
        _ event: Event,
        to channel: ChannelID,
        key: DuplicateKey?,
        retention: ChannelRetention?,
        on eventLoop: any EventLoop
    ) -> PendingPublication {
        let now = self.now()
        let event = event.compacted()
        let outcome: (publication: Publication, pressure: [EventLoopFuture<Void>])
        do {
            outcome = try self.store.withLock { store throws(BrokerError) in
                try store.publish(event, to: channel, key: key, retention: retention, now: now)
            }
        } catch {
            return .failed(error)
        }
        if outcome.pressure.isEmpty { return .done(outcome.publication) }
        let publication = outcome.publication
        return .pending(
            EventLoopFuture.whenAllComplete(outcome.pressure, on: eventLoop).map { _ in publication }
        )
    }

    public func feed(
        _ channel: ChannelID,
        to receiver: any FeedReceiver,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<any FeedSubscription> {
        let (number, start) = self.store.withLock { $0.addFeed(to: channel, receiver: receiver) }
        return eventLoop.makeSucceededFuture(
            MemoryFeedSubscription(start: start, number: number, channel: channel, broker: self)
        )
    }

    public func log(
        _ channel: ChannelID,
        after position: Position?,
        limit: Int,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<LogPage> {
        let now = self.now()
        return eventLoop.makeSucceededFuture(
            self.store.withLock { $0.page(channel, after: position, limit: limit, now: now) }
        )
    }

    public func cursor(
        of consumer: ConsumerName,
        on channel: ChannelID,
        eventLoop: any EventLoop
    ) -> EventLoopFuture<Position?> {
        eventLoop.makeSucceededFuture(self.store.withLock { $0.cursor(of: consumer, on: channel) })
    }

    public func moveCursor(
        of consumer: ConsumerName,
        on channel: ChannelID,
        to position: Position,
        eventLoop: any EventLoop
    ) -> EventLoopFuture<Void> {
        do {
            try self.store.withLock { store throws(BrokerError) in
                try store.moveCursor(of: consumer, on: channel, to: position)
            }
            return eventLoop.makeSucceededVoidFuture()
        } catch {
            return eventLoop.makeFailedFuture(error)
        }
    }

    public func take(
        _ request: GroupRequest,
        on channel: ChannelID,
        eventLoop: any EventLoop
    ) -> EventLoopFuture<GroupPage> {
        let now = self.now()
        do {
            return eventLoop.makeSucceededFuture(
                try self.store.withLock { store throws(BrokerError) in
                    try store.take(request, on: channel, now: now)
                }
            )
        } catch {
            return eventLoop.makeFailedFuture(error)
        }
    }

    public func settle(
        _ settlement: GroupSettlement,
        on channel: ChannelID,
        eventLoop: any EventLoop
    ) -> EventLoopFuture<Void> {
        let now = self.now()
        self.store.withLock { $0.settle(settlement, on: channel, now: now) }
        return eventLoop.makeSucceededVoidFuture()
    }

    public func deadLetters(
        of channel: ChannelID,
        after number: UInt64,
        limit: Int,
        eventLoop: any EventLoop
    ) -> EventLoopFuture<[DeadLetter]> {
        let now = self.now()
        return eventLoop.makeSucceededFuture(
            self.store.withLock { $0.deadLetters(of: channel, after: number, limit: limit, now: now) }
        )
    }

    public func dropDeadLetter(
        _ number: UInt64,
        of channel: ChannelID,
        eventLoop: any EventLoop
    ) -> EventLoopFuture<Bool> {
        eventLoop.makeSucceededFuture(self.store.withLock { $0.dropDeadLetter(number, of: channel) })
    }

    public func remember(
        _ grant: TokenGrant,
        for token: TokenDigest,
        lifetimeMilliseconds: Int64,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<Void> {
        let now = self.now()
        let expiry = now + min(lifetimeMilliseconds, TokenLifetime.longestMilliseconds)
        self.tokens.withLock { $0.remember(grant, for: token, until: expiry, now: now) }
        return eventLoop.makeSucceededVoidFuture()
    }

    public func grant(for token: TokenDigest, on eventLoop: any EventLoop) -> EventLoopFuture<TokenGrant?> {
        let now = self.now()
        return eventLoop.makeSucceededFuture(self.tokens.withLock { $0.grant(for: token, now: now) })
    }

    public func report(on channel: ChannelID, _ make: () -> Observation) {
        self.reports.report(on: channel, make)
    }

    public func isObserved(_ channel: ChannelID) -> Bool {
        self.reports.isObserved(channel)
    }

    public func observe(
        _ channel: ChannelID,
        with receiver: any ObservationReceiver,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<any ObservationSubscription> {
        eventLoop.makeSucceededFuture(self.reports.observe(channel, with: receiver))
    }

    public func openInbox(
        of node: NodeID,
        to receiver: any ReplyReceiver,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<any ReplyInbox> {
        eventLoop.makeSucceededFuture(self.inboxes.open(node, to: receiver))
    }

    public func reply(
        _ reply: Reply,
        to token: ReplyToken,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<ReplyOutcome> {
        eventLoop.makeSucceededFuture(self.inboxes.reply(reply, to: token))
    }

    fileprivate func removeFeed(_ number: UInt64, from channel: ChannelID) {
        self.store.withLock { $0.removeFeed(number, from: channel) }
    }
}

/// A feed of a `MemoryBroker`.
private final class MemoryFeedSubscription: FeedSubscription {
    let start: Position
    private let number: UInt64
    private let channel: ChannelID
    private let broker: MemoryBroker

    init(start: Position, number: UInt64, channel: ChannelID, broker: MemoryBroker) {
        self.start = start
        self.number = number
        self.channel = channel
        self.broker = broker
    }

    func cancel() {
        self.broker.removeFeed(self.number, from: self.channel)
    }
}
