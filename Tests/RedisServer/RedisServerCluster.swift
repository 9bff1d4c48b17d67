// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// A real Redis Cluster of a test's own: so many masters, with as many slots each, and no replicas.
public final class RedisServerCluster: Sendable {
    /// How many hash slots a cluster has.
    private static let slotCount = 16_384

    /// The masters, in the order of their slots.
    public let nodes: [RedisServer]
    private let ids: [String]

    private init(nodes: [RedisServer]) throws {
        self.nodes = nodes
        self.ids = try nodes.map { try $0.command("CLUSTER", "MYID") }
    }

    /// Starts a cluster and waits until all of its nodes say that it is served.
    ///
    /// - Parameters:
    ///   - empty: so many nodes more that have no slots.
    ///   - arguments: further lines of each node's configuration.
    public static func start(
        masters: Int = 3,
        empty: Int = 0,
        arguments: [String] = []
    ) async throws
        -> RedisServerCluster
    {
        var nodes: [RedisServer] = []
        for _ in 0..<(masters + empty) {
            let bus = try RedisServer.freePort()
            let own = ["--cluster-enabled", "yes", "--cluster-port", "\(bus)", "--cluster-node-timeout", "1000"]
            nodes.append(try await RedisServer.start(.init(arguments: own + arguments)))
        }
        for (number, node) in nodes.enumerated() {
            try node.command("CLUSTER", "SET-CONFIG-EPOCH", "\(number + 1)")
            guard number < masters else { continue }
            let (first, end) = (slotCount * number / masters, slotCount * (number + 1) / masters)
            try node.command("CLUSTER", "ADDSLOTSRANGE", "\(first)", "\(end - 1)")
        }
        for node in nodes.dropFirst() {
            let bus = try node.command("CONFIG", "GET", "cluster-port").split(separator: "\n").last ?? ""
            try nodes[0].command("CLUSTER", "MEET", "127.0.0.1", "\(node.port)", String(bus))
        }
        let cluster = try RedisServerCluster(nodes: nodes)
        try await cluster.served()
        return cluster
    }

    /// Waits until every node knows all others and says that all slots are served.
    public func served() async throws {
        let end = ContinuousClock.now + .seconds(60)
        for node in self.nodes {
            while true {
                let state = try node.command("CLUSTER", "INFO")
                if state.contains("cluster_state:ok"), state.contains("cluster_known_nodes:\(self.nodes.count)") {
                    break
                }
                guard ContinuousClock.now < end else { throw RedisServer.Failure.notReady(log: state) }
                try await Task.sleep(for: .milliseconds(10))
            }
        }
    }

    /// `redis+cluster://`, with all nodes.
    public var url: String {
        "redis+cluster://" + self.nodes.map { "127.0.0.1:\($0.port)" }.joined(separator: ",")
    }

    /// The node that has a slot where no slot has moved.
    public func owner(of slot: Int, masters: Int = 3) -> Int {
        (0..<masters).last { Self.slotCount * $0 / masters <= slot } ?? 0
    }

    // MARK: Moving slots

    /// A slot begins to move.
    public func open(_ slot: Int, from source: Int, to target: Int) throws {
        try self.nodes[target].command("CLUSTER", "SETSLOT", "\(slot)", "IMPORTING", self.ids[source])
        try self.nodes[source].command("CLUSTER", "SETSLOT", "\(slot)", "MIGRATING", self.ids[target])
    }

    /// The keys of a slot that moves go to its new node.
    public func moveKeys(_ slot: Int, from source: Int, to target: Int) throws {
        while true {
            let keys = try self.nodes[source].command("CLUSTER", "GETKEYSINSLOT", "\(slot)", "100")
            if keys.isEmpty { return }
            for key in keys.split(separator: "\n").map(String.init) {
                try self.nodes[source].command("MIGRATE", "127.0.0.1", "\(self.nodes[target].port)", key, "0", "5000")
            }
        }
    }

    /// A slot has moved.
    public func close(_ slot: Int, from source: Int, to target: Int) throws {
        for node in [target, source] {
            try self.nodes[node].command("CLUSTER", "SETSLOT", "\(slot)", "NODE", self.ids[target])
        }
    }

    /// How often the nodes have been sent a command, all together.
    public func calls(of command: String) throws -> Int {
        var count = 0
        for node in self.nodes {
            for line in try node.command("INFO", "commandstats").split(whereSeparator: \.isNewline)
            where line.hasPrefix("cmdstat_\(command):calls=") {
                count += Int(line.split(separator: "=")[1].prefix { $0.isNumber }) ?? 0
            }
        }
        return count
    }
}
