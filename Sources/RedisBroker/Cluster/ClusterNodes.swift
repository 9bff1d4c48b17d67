// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// The map of slots and the nodes that there are connections to. Behind the lock of `RedisCluster`.
struct ClusterNodes {
    private struct Member {
        var node: RedisNode
        /// Since when it has had no slot; nil where it has one.
        var idle: NIODeadline?
    }

    /// How long a node that has no slot any more is kept: what was sent to it is answered by then.
    private static let idleTime = TimeAmount.seconds(10)
    /// For how long a move is remembered.
    private static let memory = TimeAmount.seconds(30)

    private var members: [ClusterEndpoint: Member] = [:]
    private(set) var map = SlotMap()
    /// Whether anybody has ever said who has which slot.
    private(set) var isKnown = false
    /// Whether the cluster says that it is not served.
    private(set) var isDown = false
    private var moves: [UInt16: NIODeadline] = [:]

    /// Whether the cluster is not served, or slots of it are not, as far as is known: it may be again at any time, and
    /// nobody says so unasked.
    var isIncomplete: Bool { self.isKnown && (self.isDown || self.map.unassignedCount > 0) }

    /// How many nodes there are connections to.
    var count: Int { self.members.count }

    /// Who has a slot, and the node where there are connections to it.
    func owner(of slot: UInt16) -> (endpoint: ClusterEndpoint, node: RedisNode)? {
        guard let endpoint = self.map.owner(of: slot), let member = self.members[endpoint] else { return nil }
        return (endpoint, member.node)
    }

    /// The node of an endpoint, where there are connections to it.
    func node(at endpoint: ClusterEndpoint) -> RedisNode? { self.members[endpoint]?.node }

    /// The node of an endpoint; made where there is none, unless there are too many.
    mutating func node(at endpoint: ClusterEndpoint, now: NIODeadline, make: () -> RedisNode) -> RedisNode? {
        if let member = self.members[endpoint] {
            // It is asked, so that it is no time to retire it: a slot may take long to move there.
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

    /// Takes over what the cluster says. The nodes' connections have been asked for.
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

    /// Forgets what is over.
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
    /// What the nodes and the map say.
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
