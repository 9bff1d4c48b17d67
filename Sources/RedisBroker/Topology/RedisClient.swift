// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import NIOCore
internal import Shared

/// All Redis that a broker works with, and which of them each key and each Pub/Sub channel belongs to. Any thread.
final class RedisClient: Sendable {
    /// The independent Redis, in the order that all nodes of the relay name them in; one as a rule.
    let nodes: [RedisNode]

    /// - Parameters:
    ///   - configurations: one for each Redis, at least one.
    ///   - group: each of its event loops gets a connection for commands to each Redis.
    init(configurations: [RedisConfiguration], group: any EventLoopGroup, logger: Logger) {
        precondition(!configurations.isEmpty, "a client of no Redis")
        self.nodes = configurations.map { RedisNode(configuration: $0, group: group, logger: logger) }
    }

    /// Begins to connect; does nothing a second time.
    func start() {
        for node in self.nodes { node.start() }
    }

    /// Sets who is told about subscriptions; held until `shutdown`. Before `start`.
    func setSubscriptionDelegate(_ delegate: any RedisSubscriptionDelegate) {
        for node in self.nodes { node.setSubscriptionDelegate(delegate) }
    }

    /// Answers what is under way, within the commands' deadline, closes all connections and makes no more.
    func shutdown() async {
        await withTaskGroup(of: Void.self) { tasks in
            for node in self.nodes { tasks.addTask { await node.shutdown() } }
        }
    }

    /// The Redis that has a place.
    func node(at place: RedisPlace) -> RedisNode {
        self.nodes.count == 1 ? self.nodes[0] : self.nodes[JumpHash.bucket(of: place.hash, count: self.nodes.count)]
    }

    /// Sends a command to the Redis that has a place.
    ///
    /// - Returns: a future on `eventLoop`, as `RedisNode.send` has it.
    func send(_ command: RESPCommand, at place: RedisPlace, on eventLoop: any EventLoop) -> EventLoopFuture<RESPValue> {
        self.node(at: place).send(command, on: eventLoop)
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
        self.node(at: place).send(command, on: eventLoop, completion: completion)
    }

    /// Adds a Pub/Sub channel to what is subscribed now and after every reconnect. The delegate is told when it is on,
    /// also where it was on already.
    func subscribe(_ channel: String, at place: RedisPlace) {
        self.node(at: place).subscribe([channel])
    }

    /// Takes a Pub/Sub channel out of what is subscribed. The delegate is not told.
    func unsubscribe(_ channel: String, at place: RedisPlace) {
        self.node(at: place).unsubscribe([channel])
    }
}

// MARK: Health

extension RedisClient {
    /// Whether commands can be sent and Redis does its work, at most two seconds behind the truth. Any thread.
    var commandHealth: BrokerHealth { RedisHealth.health(of: self.nodes) { $0.commandHealth } }

    /// Whether the subscription connections stand and all that was wanted of them has been subscribed again. Any thread.
    var subscriptionHealth: BrokerHealth { RedisHealth.health(of: self.nodes) { $0.subscriptionHealth } }

    /// Whether the Redis that has a place is in trouble, or was less than a time ago, as far as commands tell. Any thread.
    func isTroubled(at place: RedisPlace, within time: TimeAmount) -> Bool {
        self.node(at: place).isTroubled(within: time)
    }
}
