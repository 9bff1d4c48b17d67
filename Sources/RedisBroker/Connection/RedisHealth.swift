// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// Derives Redis' health from the states of connections.
enum RedisHealth {
    /// Connections are interchangeable, so one that works is enough; but a server-wide error counts wherever it was
    /// seen.
    static func health(of states: [RedisStatus.State]) -> BrokerHealth {
        var trouble: String?
        var isReady = false
        for state in states {
            switch state {
            case .ready: isReady = true
            case .refusing(let error): return .unavailable("Redis refuses to work. \(error)")
            case .stalled: trouble = "Redis does not answer."
            case .connecting: trouble = trouble ?? "The first connection to Redis is being made."
            case .lost(let loss): trouble = trouble ?? "\(loss)"
            }
        }
        return isReady ? .ready : .unavailable(trouble ?? "There is no connection to Redis.")
    }

    /// The combined health of several Redis: the failure of one need not affect the bots of the others.
    static func health(of nodes: [RedisNode], _ health: (RedisNode) -> BrokerHealth) -> BrokerHealth {
        if nodes.count == 1 { return health(nodes[0]) }
        var troubles: [String] = []
        var hint: BrokerHealth?
        for node in nodes {
            switch health(node) {
            case .ready: break
            case .unavailable(let sentence): troubles.append("\(node.name): \(sentence)")
            case .degraded(let sentence): hint = .degraded("\(node.name): \(sentence)")
            }
        }
        guard !troubles.isEmpty else { return hint ?? .ready }
        let sentence = "\(troubles.count) of \(nodes.count) Redis cannot be used: \(troubles.joined(separator: " "))"
        return troubles.count == nodes.count ? .unavailable(sentence) : .degraded(sentence)
    }
}
