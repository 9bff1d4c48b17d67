// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import NIOCore
internal import Shared
internal import Synchronization

/// The connections to one Redis: one for commands on each event loop, and one for subscriptions. Any thread.
///
/// They are opened by `start`, reconnected with a capped back-off, and must be closed by `shutdown`. Nothing is queued:
/// while disconnected, commands fail at once.
final class RedisNode: Sendable {
    private struct Lane: Sendable {
        let eventLoop: any EventLoop
        let lane: NIOLoopBoundBox<RedisCommandLane>
        let status: RedisStatus
    }

    /// Its display name.
    let name: String
    /// The sentinels that provide its address; nil if the URL has it.
    private let sentinels: SentinelWatch?
    private let lanes: [Lane]
    /// Stores events and waits for replicas; nil if replication is not awaited.
    private let replicated: ReplicatedLanes?
    private let indices: [ObjectIdentifier: Int]
    private let subscriptionEventLoop: any EventLoop
    private let subscriptions: NIOLoopBoundBox<RedisSubscriptions>
    private let subscriptionStatus = RedisStatus()
    private let delegate = Mutex<(any RedisSubscriptionDelegate)?>(nil)

    /// - Parameter group: each of its event loops gets a connection for commands; one of them has the subscriptions.
    init(configuration: RedisConfiguration, group: any EventLoopGroup, logger: Logger) {
        self.name = configuration.name
        var logger = logger
        logger[metadataKey: "redis"] = "\(configuration.name)"
        let eventLoop = group.next()
        let sentinels = configuration.sentinel.map { [logger] in
            SentinelWatch($0, configuration: configuration, eventLoop: eventLoop, logger: logger)
        }
        self.sentinels = sentinels
        var lanes: [Lane] = []
        for eventLoop in group.makeIterator() {
            let status = RedisStatus()
            let lane = NIOLoopBoundBox.makeBoxSendingValue(
                RedisCommandLane(
                    configuration: configuration,
                    locator: sentinels,
                    eventLoop: eventLoop,
                    status: status,
                    logger: logger
                ),
                eventLoop: eventLoop
            )
            lanes.append(Lane(eventLoop: eventLoop, lane: lane, status: status))
        }
        self.lanes = lanes
        self.replicated = configuration.wait.map { [logger] in
            ReplicatedLanes($0, configuration: configuration, locator: sentinels, group: group, logger: logger)
        }
        let indices = lanes.indices.map { (ObjectIdentifier(lanes[$0].eventLoop), $0) }
        self.indices = Dictionary(uniqueKeysWithValues: indices)
        self.subscriptionEventLoop = eventLoop
        self.subscriptions = NIOLoopBoundBox.makeBoxSendingValue(
            RedisSubscriptions(
                configuration: configuration,
                locator: sentinels,
                eventLoop: eventLoop,
                status: self.subscriptionStatus,
                logger: logger
            ),
            eventLoop: eventLoop
        )
    }

    /// Starts connecting. Idempotent.
    func start() {
        self.sentinels?.start { [weak self] address in self?.moved(to: address) }
        self.replicated?.start()
        for lane in self.lanes {
            let box = lane.lane
            lane.eventLoop.execute { box.value.start() }
        }
        let delegate = self.delegate.withLock { $0.take() }
        let subscriptions = self.subscriptions
        self.subscriptionEventLoop.execute { subscriptions.value.start(delegate: delegate) }
    }

    /// The sentinels report a new address of Redis.
    private func moved(to address: RedisURL.Address) {
        self.replicated?.move(to: address)
        for lane in self.lanes {
            let box = lane.lane
            lane.eventLoop.execute { box.value.move(to: address) }
        }
        let subscriptions = self.subscriptions
        self.subscriptionEventLoop.execute { subscriptions.value.move(to: address) }
    }

    /// Sends a command, on the connection of `eventLoop` if that is there, otherwise on any.
    ///
    /// - Returns: a future on `eventLoop`: the reply, or `RedisError.command` where that is an error; `BrokerError`
    ///   `.unavailable` without a connection or when it breaks (the command may have been executed), `.timeout`
    ///   without a reply in time (likewise), `.overloaded` when too much waits already, `.closed` after `shutdown`.
    func send(_ command: RESPCommand, on eventLoop: any EventLoop) -> EventLoopFuture<RESPValue> {
        let promise = eventLoop.makePromise(of: RESPValue.self)
        self.send(command, on: self.lane(for: eventLoop), to: RedisReceiver(promise))
        return promise.futureResult
    }

    /// The same without a future.
    ///
    /// - Parameter completion: is called on `eventLoop`, and before this returns where the command fails at once.
    func send(
        _ command: RESPCommand,
        on eventLoop: any EventLoop,
        completion: @escaping @Sendable (Result<RESPValue, any Error>) -> Void
    ) {
        let lane = self.lane(for: eventLoop)
        if lane.eventLoop === eventLoop {
            self.send(command, on: lane, to: RedisReceiver(completion))
        } else {
            let receiver = RedisReceiver { result in eventLoop.execute { completion(result) } }
            self.send(command, on: lane, to: receiver)
        }
    }

    /// The same for a command that must be durable: with replication it completes when the replicas have it. Success
    /// clears the state that Redis refuses to store.
    ///
    /// - Parameter completion: as that of `send`; it also gets `BrokerError.unreplicated`.
    func store(
        _ command: RESPCommand,
        on eventLoop: any EventLoop,
        completion: @escaping @Sendable (Result<RESPValue, any Error>) -> Void
    ) {
        guard self.isRefusing else { return self.storeNow(command, on: eventLoop, completion: completion) }
        self.storeNow(command, on: eventLoop) { result in
            if case .success = result { self.stored(isEvent: true) }
            completion(result)
        }
    }

    private func storeNow(
        _ command: RESPCommand,
        on eventLoop: any EventLoop,
        completion: @escaping @Sendable (Result<RESPValue, any Error>) -> Void
    ) {
        guard let replicated else { return self.send(command, on: eventLoop, completion: completion) }
        replicated.send(command, on: eventLoop, completion: completion)
    }

    /// Whether any connection reports that Redis refuses commands.
    private var isRefusing: Bool {
        self.lanes.contains { $0.status.isRefusing } || self.replicated?.isRefusing ?? false
    }

    /// Something was stored, an event or not, on any connection: Redis no longer refuses to store.
    func stored(isEvent: Bool) {
        for lane in self.lanes where lane.status.isRefusing {
            let box = lane.lane
            lane.eventLoop.execute { box.value.stored(isEvent: isEvent) }
        }
        self.replicated?.stored(isEvent: isEvent)
    }

    /// Something could not be stored, on any connection: the user lacks a permission that the node requires.
    func forbidden(_ error: RedisError) {
        guard let lane = self.lanes.first(where: { $0.status.isConnected }) else { return }
        let box = lane.lane
        lane.eventLoop.execute { box.value.refused(error) }
    }

    private func send(_ command: RESPCommand, on lane: Lane, to receiver: RedisReceiver) {
        let box = lane.lane
        if lane.eventLoop.inEventLoop {
            box.value.send(command, to: receiver)
        } else {
            lane.eventLoop.execute { box.value.send(command, to: receiver) }
        }
    }

    /// Sends a command after ASKING. There must be a connection.
    func ask(
        _ command: RESPCommand,
        on eventLoop: any EventLoop,
        completion: @escaping @Sendable (Result<RESPValue, any Error>) -> Void
    ) {
        let lane = self.lane(for: eventLoop)
        let box = lane.lane
        let receiver = RedisReceiver { result in
            if eventLoop.inEventLoop { completion(result) } else { eventLoop.execute { completion(result) } }
        }
        lane.eventLoop.execute { box.value.ask(command, to: receiver) }
    }

    private func lane(for eventLoop: any EventLoop) -> Lane {
        let own = self.indices[ObjectIdentifier(eventLoop)].map { self.lanes[$0] }
        if let own, own.status.isConnected { return own }
        return self.lanes.first { $0.status.isConnected } ?? own ?? self.lanes[0]
    }

    /// Adds channels to what is subscribed now and after every reconnect. The delegate is notified when each one is
    /// subscribed, even if it was already.
    func subscribe(_ channels: [String]) {
        let subscriptions = self.subscriptions
        self.subscriptionEventLoop.execute { subscriptions.value.subscribe(channels) }
    }

    /// Takes channels out of what is subscribed. The delegate is not told.
    func unsubscribe(_ channels: [String]) {
        let subscriptions = self.subscriptions
        self.subscriptionEventLoop.execute { subscriptions.value.unsubscribe(channels) }
    }

    /// Sets the subscription delegate, retained until `shutdown`. Call before `start`.
    func setSubscriptionDelegate(_ delegate: any RedisSubscriptionDelegate) {
        self.delegate.withLock { $0 = delegate }
    }

    /// Drops the subscription connection, which seems deaf, and reconnects. Does nothing while there is none.
    ///
    /// - Parameter reason: for the log.
    func reconnectSubscriptions(reason: String) {
        let subscriptions = self.subscriptions
        self.subscriptionEventLoop.execute { subscriptions.value.reconnect(reason) }
    }

    /// Finishes commands in flight, within their deadline, closes all connections and opens no more.
    func shutdown() async {
        await self.sentinels?.shutdown()
        await self.replicated?.stop()
        var ended: [EventLoopFuture<Void>] = []
        for lane in self.lanes {
            let box = lane.lane
            ended.append(lane.eventLoop.flatSubmit { box.value.stop() })
        }
        let subscriptions = self.subscriptions
        ended.append(self.subscriptionEventLoop.flatSubmit { subscriptions.value.stop() })
        self.delegate.withLock { $0 = nil }
        // They fail only where an event loop has been shut down already.
        for future in ended { try? await future.get() }
    }
}

// MARK: Health

extension RedisNode {
    /// Whether commands can be sent and Redis works, at most two seconds stale; a refusal to store is reported up to
    /// twelve seconds after it ends. Any thread.
    var commandHealth: BrokerHealth {
        let health = RedisHealth.health(of: self.lanes.map { $0.status.current })
        return health == .ready ? self.replicated?.health ?? .ready : health
    }

    /// Whether Redis is in trouble, or was less than a time ago, as far as commands tell. Any thread.
    func isTroubled(within time: TimeAmount) -> Bool {
        let now = NIODeadline.now()
        return self.lanes.contains { $0.status.isTroubled(within: time, now: now) }
    }

    /// Whether a command that is sent now goes to Redis, or waits for the first connection, which is being made. Any
    /// thread.
    var takesCommands: Bool {
        self.isConnected || self.lanes.contains { $0.status.current == .connecting }
    }

    /// Whether there is any connection for commands right now. Any thread.
    var isConnected: Bool { self.lanes.contains { $0.status.isConnected } }

    /// How many event loops have a command connection of their own right now. Any thread.
    var connectedCommandConnections: Int { self.lanes.count { $0.status.isConnected } }

    /// Whether the subscription connection is up and all wanted channels are subscribed. Any thread.
    var subscriptionHealth: BrokerHealth { RedisHealth.health(of: [self.subscriptionStatus.current]) }
}
