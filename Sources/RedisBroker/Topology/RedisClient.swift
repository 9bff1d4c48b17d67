// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import NIOCore
internal import Shared

/// All Redis that a broker works with, and which of them each key and each Pub/Sub channel belongs to. Any thread.
final class RedisClient: Sendable {
    /// The independent Redis, in the order that all nodes of the relay name them in; one as a rule. Empty with a cluster.
    let servers: [RedisNode]
    private let cluster: RedisCluster?
    /// Looks whether other nodes have the same servers, one or several; nil with a cluster, and where it does not matter.
    private let order: ServerOrder?
    /// The command that pushes: in a cluster what is pushed stays with the node of the channel's slot.
    let pushCommand: String

    /// - Parameters:
    ///   - configurations: one for each Redis, at least one; or the one of a cluster.
    ///   - group: each of its event loops gets a connection for commands to each Redis.
    ///   - isNode: whether it is a node's, which all others must agree with on what Redis there are; a command may know one
    ///     of several.
    init(configurations: [RedisConfiguration], group: any EventLoopGroup, isNode: Bool = false, logger: Logger) {
        precondition(!configurations.isEmpty, "a client of no Redis")
        if !configurations[0].seeds.isEmpty {
            self.servers = []
            self.cluster = RedisCluster(configuration: configurations[0], group: group, logger: logger)
            self.pushCommand = "SPUBLISH"
        } else {
            self.servers = configurations.map { RedisNode(configuration: $0, group: group, logger: logger) }
            self.cluster = nil
            self.pushCommand = "PUBLISH"
        }
        self.order =
            isNode && !self.servers.isEmpty
            ? ServerOrder(servers: self.servers, eventLoop: group.next(), logger: logger) : nil
    }

    /// All Redis that there are connections to and that have channels: of a cluster the masters.
    var nodes: [RedisNode] { self.cluster?.masters ?? self.servers }

    /// Begins to connect; does nothing a second time.
    func start() {
        self.cluster?.start()
        for node in self.servers { node.start() }
        self.order?.start()
    }

    /// Sets the subscription delegate, retained until `shutdown`. Call before `start`.
    func setSubscriptionDelegate(_ delegate: any RedisSubscriptionDelegate) {
        self.cluster?.setSubscriptionDelegate(delegate)
        for node in self.servers { node.setSubscriptionDelegate(delegate) }
    }

    /// Finishes commands in flight, within their deadline, closes all connections and opens no more.
    func shutdown() async {
        self.order?.stop()
        await self.cluster?.shutdown()
        await withTaskGroup(of: Void.self) { tasks in
            for node in self.servers { tasks.addTask { await node.shutdown() } }
        }
    }

    /// The Redis that has a place; nil while it is not known which node of a cluster that is.
    func node(at place: RedisPlace) -> RedisNode? {
        if let cluster { return cluster.node(at: place) }
        return self.server(at: place)
    }

    /// The node of a cluster that has a slot; nil while that is not known, and where there is no cluster.
    func node(atSlot slot: UInt16) -> RedisNode? { self.cluster?.node(atSlot: slot) }

    private func server(at place: RedisPlace) -> RedisNode {
        let count = self.servers.count
        return count == 1 ? self.servers[0] : self.servers[JumpHash.bucket(of: place.hash, count: count)]
    }

    /// Sends a command to the Redis that has a place.
    ///
    /// - Returns: a future on `eventLoop`, as `RedisNode.send` has it.
    func send(_ command: RESPCommand, at place: RedisPlace, on eventLoop: any EventLoop) -> EventLoopFuture<RESPValue> {
        guard let cluster else { return self.server(at: place).send(command, on: eventLoop) }
        let promise = eventLoop.makePromise(of: RESPValue.self)
        cluster.send(command, at: place, on: eventLoop) { promise.completeWith($0) }
        return promise.futureResult
    }

    /// The same without a future.
    ///
    /// - Parameter completion: is called on `eventLoop`, and before this returns where the command fails at once.
    func send(
        _ command: RESPCommand,
        at place: RedisPlace,
        on eventLoop: any EventLoop,
        completion: @escaping @Sendable (Result<RESPValue, any Error>) -> Void
    ) {
        guard let cluster else { return self.server(at: place).send(command, on: eventLoop, completion: completion) }
        cluster.send(command, at: place, on: eventLoop, completion: completion)
    }

    /// The same for what is to be acknowledged: where replicas are waited for, it completes when they have it.
    func store(
        _ command: RESPCommand,
        at place: RedisPlace,
        on eventLoop: any EventLoop,
        completion: @escaping @Sendable (Result<RESPValue, any Error>) -> Void
    ) {
        guard let cluster else { return self.server(at: place).store(command, on: eventLoop, completion: completion) }
        cluster.send(command, at: place, on: eventLoop, isStored: true, completion: completion)
    }

    /// Adds a Pub/Sub channel to what is subscribed now and after every reconnect. The delegate is notified when it is
    /// subscribed, even if it was already.
    func subscribe(_ channel: String, at place: RedisPlace) {
        guard let cluster else { return self.server(at: place).subscribe([channel]) }
        cluster.subscribe(channel, at: place)
    }

    /// Unsubscribes a Pub/Sub channel. The delegate is not notified.
    func unsubscribe(_ channel: String, at place: RedisPlace) {
        guard let cluster else { return self.server(at: place).unsubscribe([channel]) }
        cluster.unsubscribe(channel, at: place)
    }
}

// MARK: Health

extension RedisClient {
    /// Whether commands can be sent and Redis does its work, at most two seconds behind the truth. Any thread.
    var commandHealth: BrokerHealth {
        if let cluster { return cluster.commandHealth }
        let health = RedisHealth.health(of: self.servers) { $0.commandHealth }
        guard health == .ready, let difference = self.order?.difference else { return health }
        return .degraded(difference)
    }

    /// Whether commands can be sent to the Redis that has a place. Any thread.
    func commandHealth(at place: RedisPlace) -> BrokerHealth {
        self.cluster?.commandHealth(at: place) ?? self.server(at: place).commandHealth
    }

    /// Whether the subscription connections stand and all that was wanted of them has been subscribed again. Any thread.
    var subscriptionHealth: BrokerHealth {
        self.cluster?.subscriptionHealth ?? RedisHealth.health(of: self.servers) { $0.subscriptionHealth }
    }

    /// Whether any of several independent Redis pushes what is published by it. Any thread.
    var hasSubscriptions: Bool { self.servers.contains { $0.subscriptionHealth == .ready } }

    /// Whether the Redis of a place is in trouble, or was within a time, as shown by commands; or, in a cluster, was
    /// another node. Any thread.
    func isTroubled(at place: RedisPlace, within time: TimeAmount) -> Bool {
        self.hasMoved(place, within: time) || self.node(at: place)?.isTroubled(within: time) ?? true
    }

    /// Whether what has a place went to another node of a cluster less than a time ago, so that who listens may not be
    /// there yet. Any thread.
    func hasMoved(_ place: RedisPlace, within time: TimeAmount) -> Bool {
        self.cluster?.hasMoved(place, within: time) ?? false
    }
}
