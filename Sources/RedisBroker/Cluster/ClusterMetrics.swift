// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Metrics

/// The metrics of a `RedisCluster`. Any thread. All dimensions are the cases of enums.
struct ClusterMetrics: Sendable {
    private let refusals: [ClusterRefusal.Kind: Counter]
    private let refreshes: [SlotRefreshStateMachine.Outcome: Counter]
    private let nodes = Meter(label: "hookwire_redis_cluster_nodes")

    init() {
        self.refusals = Dictionary(
            uniqueKeysWithValues: ClusterRefusal.Kind.allCases.map { kind in
                let label = "hookwire_redis_cluster_redirections_total"
                return (kind, Counter(label: label, dimensions: [("kind", kind.rawValue)]))
            }
        )
        self.refreshes = Dictionary(
            uniqueKeysWithValues: SlotRefreshStateMachine.Outcome.allCases.map { outcome in
                let label = "hookwire_redis_cluster_slot_refreshes_total"
                return (outcome, Counter(label: label, dimensions: [("outcome", outcome.rawValue)]))
            }
        )
    }

    /// Counts a command that was not executed where it was sent.
    func refused(_ refusal: ClusterRefusal) { self.refusals[refusal.kind]?.increment() }

    /// Counts a refresh of the slot map.
    func refreshed(_ outcome: SlotRefreshStateMachine.Outcome) { self.refreshes[outcome]?.increment() }

    /// Records how many nodes there are connections to.
    func nodeCount(_ count: Int) { self.nodes.set(count) }
}
