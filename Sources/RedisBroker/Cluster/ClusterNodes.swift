// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// The slot map and the connected nodes. Guarded by the lock of `RedisCluster`.
struct ClusterNodes {
    private struct Member {
        var node: RedisNode
        /// Since when it has had no slot; nil if it has one.
        var idle: NIODeadline?
    }

    /// How long a node without slots is kept: commands sent to it are answered by then.
    private static let idleTime = TimeAmount.seconds(10)
    /// How long a slot's move is remembered.
    private static let memory = TimeAmount.seconds(30)

    private var members: [ClusterEndpoint: Member] = [:]
    private(set) var map = SlotMap()
    /// Whether a slot map was ever received.
    private(set) var isKnown = false
    /// Whether the cluster reports that it is down.
    private(set) var isDown = false
    private var moves: [UInt16: NIODeadline] = [:]

    /// Whether the cluster, or some of its slots, are down, as last known: recovery is not announced, so the map must
    /// be polled.
    var isIncomplete: Bool { self.isKnown && (self.isDown || self.map.unassignedCount > 0) }

    /// How many nodes there are connections to.
    var count: Int { self.members.count }

    /// A slot's owner and its node, if connected.
    func owner(of slot: UInt16) -> (endpoint: ClusterEndpoint, node: RedisNode)? {
        guard let endpoint = self.map.owner(of: slot), let member = self.members[endpoint] else { return nil }
        return (endpoint, member.node)
    }

    /// The node of an endpoint, if connected.
    func node(at endpoint: ClusterEndpoint) -> RedisNode? { self.members[endpoint]?.node }

    /// The node of an endpoint, created if there is none, unless there are too many.
    mutating func node(at endpoint: ClusterEndpoint, now: NIODeadline, make: () -> RedisNode) -> RedisNode? {
        if let member = self.members[endpoint] {
            // It is in use, so it must not be retired: a slot's migration there may take long.
            if member.idle != nil { self.members[endpoint]?.idle = now }
            return member.node
        }
        guard self.members.count < SlotMap.nodeLimit else { return nil }
        let node = make()
        self.members[endpoint] = Member(node: node, idle: now)
        return node
    }

    /// A node has a slot now. Its connections have been asked for.
    ///
    /// - Returns: whether another had it.
    mutating func assign(_ slot: UInt16, to endpoint: ClusterEndpoint, now: NIODeadline) -> Bool {
        guard self.members[endpoint] != nil, self.map.assign(slot, to: endpoint) else { return false }
        self.members[endpoint]?.idle = nil
        self.moves[slot] = now
        return true
    }

    /// Applies the cluster's slot map. The nodes' connections have been requested.
    ///
    /// - Returns: the slots that moved.
    mutating func apply(_ answer: SlotAnswer, now: NIODeadline) -> [UInt16] {
        let changes = answer.map.changes(since: self.map)
        if self.isKnown { for slot in changes { self.moves[slot] = now } }
        self.map = answer.map
        self.isKnown = true
        self.isDown = answer.isDown
        let masters = self.map.masters
        for (endpoint, member) in self.members {
            self.members[endpoint]?.idle = masters.contains(endpoint) ? nil : member.idle ?? now
        }
        return changes
    }

    /// Whether a slot went to another node less than a time ago.
    func hasMoved(_ slot: UInt16, within time: TimeAmount, now: NIODeadline) -> Bool {
        self.moves[slot].map { now - $0 < time } ?? false
    }

    /// The nodes that have slots.
    var masters: [(endpoint: ClusterEndpoint, node: RedisNode)] {
        self.members.compactMap { $0.value.idle == nil ? ($0.key, $0.value.node) : nil }
    }

    /// Removes expired entries.
    ///
    /// - Returns: nodes that are not used any more.
    mutating func tick(now: NIODeadline) -> [RedisNode] {
        self.moves = self.moves.filter { now - $0.value < Self.memory }
        var retired: [RedisNode] = []
        for (endpoint, member) in self.members {
            guard let idle = member.idle, idle + Self.idleTime <= now else { continue }
            self.members[endpoint] = nil
            retired.append(member.node)
        }
        return retired
    }

    /// Gives all nodes back, and has none any more.
    mutating func takeAll() -> [RedisNode] {
        defer { self = ClusterNodes() }
        return self.members.values.map(\.node)
    }
}

// MARK: Health

extension ClusterNodes {
    /// The health of the cluster, from its nodes and the map.
    ///
    /// - Parameter health: of one node.
    func health(trouble: String?, of health: (RedisNode) -> BrokerHealth) -> BrokerHealth {
        guard self.isKnown else {
            return .unavailable(trouble ?? "The cluster is being asked which node has which slots.")
        }
        if self.isDown { return .unavailable("The Redis cluster says that it is down: masters or slots are missing.") }
        let masters = self.masters.map(\.node)
        guard !masters.isEmpty else { return .unavailable("No node of the Redis cluster has slots.") }
        let parts = RedisHealth.health(of: masters, health)
        let missing = self.map.unassignedCount
        guard parts == .ready, missing > 0 else { return parts }
        return .degraded("\(missing) of \(RedisPlace.slotCount) slots of the Redis cluster are served by nobody.")
    }
}
