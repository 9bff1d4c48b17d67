// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Which node of a Redis Cluster has which hash slots.
struct SlotMap: Equatable, Sendable {
    /// How many nodes are known at most; the specification recommends no more in a cluster.
    static let nodeLimit = 1_000

    private static let nobody = UInt16.max

    /// Nodes that have slots, or had some.
    private var endpoints: [ClusterEndpoint] = []
    /// Where each is in `endpoints`.
    private var indices: [ClusterEndpoint: UInt16] = [:]
    /// For each slot an index of `endpoints`.
    private var owners = [UInt16](repeating: Self.nobody, count: RedisPlace.slotCount)
    /// How many slots have no owner.
    private(set) var unassignedCount = RedisPlace.slotCount

    /// Creates an empty map.
    init() {}

    /// A slot's owner; nil if it has none.
    func owner(of slot: UInt16) -> ClusterEndpoint? {
        let owner = self.owners[Int(slot)]
        return owner == Self.nobody ? nil : self.endpoints[Int(owner)]
    }

    /// Assigns a slot to a node.
    ///
    /// - Returns: whether that changed anything; too many nodes do not.
    mutating func assign(_ slot: UInt16, to endpoint: ClusterEndpoint) -> Bool {
        guard self.owner(of: slot) != endpoint, let index = self.index(of: endpoint) else { return false }
        if self.owners[Int(slot)] == Self.nobody { self.unassignedCount -= 1 }
        self.owners[Int(slot)] = index
        return true
    }

    private mutating func index(of endpoint: ClusterEndpoint) -> UInt16? {
        if let index = self.indices[endpoint] { return index }
        guard self.endpoints.count < Self.nodeLimit else { return nil }
        let index = UInt16(self.endpoints.count)
        self.endpoints.append(endpoint)
        self.indices[endpoint] = index
        return index
    }

    /// The nodes that have slots.
    var masters: Set<ClusterEndpoint> {
        var isMaster = [Bool](repeating: false, count: self.endpoints.count)
        for owner in self.owners where owner != Self.nobody { isMaster[Int(owner)] = true }
        return Set(self.endpoints.indices.filter { isMaster[$0] }.map { self.endpoints[$0] })
    }

    /// The slots whose owner differs from an earlier map.
    func changes(since earlier: SlotMap) -> [UInt16] {
        (0..<UInt16(RedisPlace.slotCount)).filter { self.owner(of: $0) != earlier.owner(of: $0) }
    }

    static func == (one: SlotMap, other: SlotMap) -> Bool { one.changes(since: other).isEmpty }
}

/// Why an answer cannot be used as a map of slots. The raw value is a stable name.
enum SlotMapError: String, Error {
    /// It is not what `CLUSTER SLOTS` answers.
    case malformed
    /// The server is older than 7.0.
    case tooOld = "too_old"
    /// More than `SlotMap.nodeLimit`.
    case tooManyNodes = "too_many_nodes"
}

extension SlotMap {
    /// Reads the answer to `CLUSTER SLOTS`: an array of ranges, each with the first slot, the last, the master and the
    /// replicas; a node is its endpoint, its port, its id, and since 7.0 what else is known of it. Ranges must not
    /// overlap, so that the work is bounded by the number of slots.
    ///
    /// - Parameter asked: who answered.
    init(slots reply: RESPValue, asked: ClusterEndpoint) throws(SlotMapError) {
        guard case .array(let ranges) = reply else { throw .malformed }
        for range in ranges {
            guard case .array(let parts) = range, parts.count >= 3, case .integer(let first) = parts[0],
                case .integer(let last) = parts[1], case .array(let master) = parts[2], master.count >= 3,
                case .integer(let port) = master[1], 0 <= first, first <= last, last < RedisPlace.slotCount
            else { throw .malformed }
            guard master.count > 3 else { throw .tooOld }
            guard let endpoint = ClusterEndpoint(host: master[0].string, port: port, asked: asked) else {
                throw .malformed
            }
            guard let index = self.index(of: endpoint) else { throw .tooManyNodes }
            for slot in first...last {
                guard self.owners[slot] == Self.nobody else { throw .malformed }
                self.owners[slot] = index
            }
            self.unassignedCount -= last - first + 1
        }
    }
}
