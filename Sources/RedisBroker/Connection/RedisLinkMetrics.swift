// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Metrics

/// What a node counts of its connections to Redis. Any thread.
struct RedisLinkMetrics: Sendable {
    private let connections = Counter(label: "hookwire_redis_connections_total")
    private let reconnects = Counter(label: "hookwire_redis_reconnects_total")
    private let losses: [RedisLossReason: Counter]

    init() {
        self.losses = Dictionary(
            uniqueKeysWithValues: RedisLossReason.allCases.map { reason in
                (
                    reason,
                    Counter(label: "hookwire_redis_connection_losses_total", dimensions: [("reason", reason.rawValue)])
                )
            }
        )
    }

    /// Counts a connection that is ready.
    func ready(isFirst: Bool) {
        self.connections.increment()
        if !isFirst { self.reconnects.increment() }
    }

    /// Counts one that was lost, or could not be made.
    func lost(_ reason: RedisLossReason) {
        self.losses[reason]?.increment()
    }
}
