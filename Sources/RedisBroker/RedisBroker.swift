// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import Logging
public import NIOCore
public import Shared
internal import Synchronization

/// A broker on Redis: what joins nodes of both tiers.
///
/// An event is stored and pushed by one script in Redis, so that it is in the log once, with its offset, or not at all.
/// A feed subscribes to Redis' Pub/Sub, which guarantees nothing, and so orders the pushed events, fills gaps from the
/// log, checks for missed events after half a minute of silence, and resumes from its position after every reconnect.
///
/// Redis is the storage: events are as durable as its configuration makes them. When it comes back with less than it
/// had (flushed, evicted, an old snapshot, a replica that lagged), the log gets a new epoch as soon as a node that
/// knows better publishes or feeds there, and every feed is interrupted with `epochChanged`; it continues with what was
/// stored since. A receiver that is behind holds back its feed, not the acknowledgements: events pushed meanwhile are
/// kept within bounds, and read from the log beyond them.
public final class RedisBroker: Broker {
    /// The most concurrent log reads and group takes at one Redis.
    private static let reads = 32

    private let configuration: RedisBrokerConfiguration
    let client: RedisClient
    private let publisher: Publisher
    private let reader: LogReader
    let cursors: RedisCursors
    let groups: RedisGroups
    let letters: RedisDeadLetters
    let feeds: RedisFeeds
    let probes: Probes
    let asks: ReplyAsks
    let inboxes: ReplyInboxes
    let observers: RedisObservers
    private let seatTaker: RedisSeats
    private let renewal = Mutex<RepeatedTask?>(nil)
    private let eventLoop: any EventLoop
    let metrics = RedisBrokerMetrics()
    let events: StoredEvents
    let logger: Logger
    private let refusals: RefusalLog
    private let listening = Mutex(Listening())

    /// Whether anything is subscribed, so that it matters whether subscriptions bring what is published.
    private struct Listening {
        var isOn = false
        var isEnded = false
        var tasks: [RepeatedTask] = []
    }

    /// Where nodes say who is connected to them.
    public var presence: any PresenceStore { RedisPresenceStore(client: self.client) }

    /// A broker that is not connected yet; `start` begins to connect.
    ///
    /// - Parameters:
    ///   - group: each of its event loops gets a connection of its own. It must outlive `shutdown`.
    ///   - logger: for reconnects, changed epochs and refusals.
    public init(configuration: RedisBrokerConfiguration, group: any EventLoopGroup, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
        self.eventLoop = group.next()
        self.refusals = RefusalLog(logger: logger)
        self.client = RedisClient(
            configurations: [configuration.redis] + configuration.others,
            group: group,
            isNode: true,
            logger: logger
        )
        self.publisher = Publisher(
            client: self.client,
            settings: PublishSettings(
                retentionCount: configuration.retentionCount,
                retentionAgeMilliseconds: configuration.retentionAgeMilliseconds,
                positionLifetimeMilliseconds: RedisBrokerConfiguration.positionLifetimeMilliseconds,
                pushLimit: configuration.pushLimit,
                push: self.client.pushCommand,
                waits: configuration.redis.wait != nil
            ),
            eventLimit: configuration.eventLimit
        )
        let reads = ReadQueue(concurrency: Self.reads)
        self.reader = LogReader(
            client: self.client,
            queue: reads,
            metaLifetime: configuration.metaLifetimeMilliseconds
        )
        self.cursors = RedisCursors(client: self.client, lifetime: configuration.metaLifetimeMilliseconds)
        self.events = StoredEvents(metrics: self.metrics)
        self.groups = RedisGroups(client: self.client, queue: reads, events: self.events, configuration: configuration)
        self.letters = RedisDeadLetters(client: self.client, events: self.events, configuration: configuration)
        self.feeds = RedisFeeds(
            client: self.client,
            reader: self.reader,
            eventLoops: group,
            timeout: configuration.feedTimeout,
            turns: configuration.checkSeconds,
            metrics: self.metrics,
            logger: logger
        )
        self.probes = Probes(client: self.client) { [client, metrics] node, channel in
            Probe(
                on: channel,
                of: node,
                client: client,
                machine: ProbeStateMachine(interval: configuration.probeInterval, timeout: configuration.probeTimeout),
                pushLimit: configuration.pushLimit,
                metrics: metrics,
                logger: logger
            )
        }
        self.asks = ReplyAsks(client: self.client, timeout: configuration.replyTimeout)
        self.inboxes = ReplyInboxes(
            client: self.client,
            eventLoop: self.eventLoop,
            timeout: configuration.replyTimeout,
            logger: logger
        )
        self.observers = RedisObservers(client: self.client, eventLoop: self.eventLoop, logger: logger)
        self.seatTaker = RedisSeats(client: self.client, eventLoop: self.eventLoop)
    }

    /// The limits of requests that all nodes of this Redis share.
    public var leases: any LeaseSource { RedisLeases(client: self.client) }

    /// The limits of sockets that all nodes of this Redis share.
    public var seats: any SeatStore { self.seatTaker }

    /// Starts connecting, and reconnects until `shutdown`. Call once.
    public func start() {
        self.client.setSubscriptionDelegate(self)
        self.client.start()
        if self.configuration.feeds { self.listen() }
        let seats = self.seatTaker
        let pause = RedisSeats.pause
        self.renewal.withLock {
            $0 = self.eventLoop.scheduleRepeatedTask(initialDelay: pause, delay: pause) { _ in seats.renew() }
        }
    }

    /// Looks from now on whether what is published comes back, and after the feeds. Does nothing the second time.
    private func listen() {
        self.listening.withLock { listening in
            guard !listening.isOn, !listening.isEnded else { return }
            listening.isOn = true
            self.probes.start()
            self.observers.start()
            let (eventLoop, probes, metrics) = (self.eventLoop, self.probes, self.metrics)
            let ticks = eventLoop.scheduleRepeatedTask(initialDelay: Probe.tick, delay: Probe.tick) { _ in
                probes.tick(now: .now(), on: eventLoop)
                if let age = probes.age(now: .now()) { metrics.probeAge(age) }
            }
            let checks = eventLoop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { _ in
                self.feeds.checkNext()
            }
            let observers = self.observers
            let calls = eventLoop.scheduleRepeatedTask(
                initialDelay: RedisObservers.pause,
                delay: RedisObservers.pause
            ) { _ in
                observers.tick()
            }
            listening.tasks = [ticks, checks, calls]
        }
    }

    /// Ends all feeds and inboxes, finishes commands in flight and closes the connections. Later calls fail.
    public func shutdown() async {
        let tasks = self.listening.withLock { listening in
            listening.isEnded = true
            defer { listening.tasks = [] }
            return listening.tasks
        }
        for task in tasks { task.cancel() }
        self.renewal.withLock { $0.take() }?.cancel()
        self.feeds.end()
        self.inboxes.end()
        self.observers.end()
        self.asks.end()
        await self.client.shutdown()
    }

    /// The registered bots in the same Redis, over the same connections.
    public func botStore(key: RegistryEncryptionKey) -> RedisBotStore {
        RedisBotStore(
            client: self.client,
            name: self.configuration.redis.name,
            key: key,
            eventLoop: self.eventLoop,
            audit: AuditLog(),
            logger: self.logger
        )
    }

    // MARK: Broker

    public func publish(
        _ event: Event,
        to channel: ChannelID,
        key: DuplicateKey?,
        retention: ChannelRetention?,
        on eventLoop: any EventLoop
    ) -> PendingPublication {
        let promise = eventLoop.makePromise(of: Publication.self)
        self.publisher.publish(event, to: channel, key: key, retention: retention, on: eventLoop) { result in
            let result = result.mapError { self.brokerError($0) }
            self.metrics.published(result)
            promise.completeWith(result.mapError { $0 })
        }
        return .pending(promise.futureResult)
    }

    public func feed(
        _ channel: ChannelID,
        to receiver: any FeedReceiver,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<any FeedSubscription> {
        precondition(self.configuration.feeds, "a node whose broker feeds nobody asked for a feed")
        return self.feeds.feed(channel, to: receiver, on: eventLoop)
    }

    public func log(
        _ channel: ChannelID,
        after position: Position?,
        limit: Int,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<LogPage> {
        let query = LogReader.Query(
            keys: ChannelKeys(channel),
            after: position,
            limit: max(limit, 1),
            age: self.configuration.retentionAgeMilliseconds
        )
        return self.reader.read(query, on: eventLoop).flatMapErrorThrowing { error in
            throw self.brokerError(error)
        }.flatMap { page in
            let head = page.head.position
            if let reason = page.change {
                return eventLoop.makeSucceededFuture(.notRecoverable(reason, head: head))
            }
            let entries = page.messages.compactMap { message in
                guard let bytes = message.event else {
                    preconditionFailure("the log holds events, not the news of them")
                }
                return self.events.decode(bytes).map { LogEntry(position: message.mark.position, event: $0) }
            }
            // An empty page says that the log ends here.
            if entries.isEmpty, let last = page.messages.last {
                return self.log(channel, after: last.mark.position, limit: limit, on: eventLoop)
            }
            return eventLoop.makeSucceededFuture(.entries(entries, head: head))
        }
    }

    public func openInbox(
        of node: NodeID,
        to receiver: any ReplyReceiver,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<any ReplyInbox> {
        self.listen()
        return self.inboxes.open(node, to: receiver, on: eventLoop)
    }

    public func reply(
        _ reply: Reply,
        to token: ReplyToken,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<ReplyOutcome> {
        guard reply.isFit else { return eventLoop.makeSucceededFuture(.unfit) }
        if let receiver = self.inboxes.receiver(of: token.node) {
            // The request waits on this very node: no need to ask Redis.
            return eventLoop.makeSucceededFuture(receiver.receive(reply, for: token))
        }
        let outcome = self.asks.reply(reply, to: token, on: eventLoop).flatMapErrorThrowing { error in
            throw self.brokerError(error)
        }
        outcome.whenComplete { self.metrics.replied($0) }
        return outcome
    }

    public func report(on channel: ChannelID, _ make: () -> Observation) {
        self.observers.report(on: channel, make)
    }

    public func isObserved(_ channel: ChannelID) -> Bool {
        self.observers.isObserved(channel)
    }

    public func observe(
        _ channel: ChannelID,
        with receiver: any ObservationReceiver,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<any ObservationSubscription> {
        self.listen()
        return self.observers.observe(channel, with: receiver, on: eventLoop)
    }

    public var health: BrokerHealth {
        let commands = self.client.commandHealth
        guard !commands.isUnavailable, self.listening.withLock({ $0.isOn }) else { return commands }
        let subscriptions = self.client.subscriptionHealth
        if subscriptions.isUnavailable { return subscriptions }
        let (deaf, count) = self.probes.deafness
        let sentence = "Nothing that is published comes back from Redis; the subscriptions are made anew."
        if deaf > 0, deaf == count { return .unavailable(sentence) }
        if commands != .ready { return commands }
        if subscriptions != .ready { return subscriptions }
        return deaf > 0 ? .degraded(sentence) : .ready
    }

    func brokerError(_ error: any Error) -> BrokerError {
        let reason = BrokerError(error)
        if reason == .refused { self.refusals.refused(error) }
        return reason
    }
}

extension BrokerHealth {
    fileprivate var isUnavailable: Bool {
        if case .unavailable = self { true } else { false }
    }
}
