// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// A reply by which a cluster node reports that it has not executed a command, and what to do instead
/// (redis.io, "Redis cluster specification", "Redirection and resharding"). Also a metric label, by `kind`.
enum ClusterRefusal: Equatable {
    /// From now on another node has the slot.
    case moved(UInt16, ClusterEndpoint)
    /// Send this command to another node, after ASKING: the slot is migrating there.
    case ask(ClusterEndpoint)
    /// The slot is migrating, and some of the command's keys have moved.
    case tryAgain
    /// The cluster, or the slot, is down.
    case down
    /// The node is not available: it is loading, or is no longer a master.
    case away
    /// It was not sent: there is no connection, or the slot's owner is unknown.
    case unreachable

    /// What kind it is.
    enum Kind: String, CaseIterable, Hashable, Sendable {
        case moved
        case ask
        case tryAgain = "try_again"
        case down
        case away
        case unreachable
    }

    var kind: Kind {
        switch self {
        case .moved: .moved
        case .ask: .ask
        case .tryAgain: .tryAgain
        case .down: .down
        case .away: .away
        case .unreachable: .unreachable
        }
    }

    /// Parses an error; nil for any other one.
    ///
    /// - Parameter asked: the node that returned it.
    init?(_ error: RedisError, asked: ClusterEndpoint) {
        switch error.code {
        case "MOVED":
            guard let (slot, endpoint) = Self.redirection(error, asked: asked) else { return nil }
            self = .moved(slot, endpoint)
        case "ASK":
            guard let (_, endpoint) = Self.redirection(error, asked: asked) else { return nil }
            self = .ask(endpoint)
        case "TRYAGAIN": self = .tryAgain
        case "CLUSTERDOWN": self = .down
        case "LOADING", "MASTERDOWN", "READONLY": self = .away
        default: return nil
        }
    }

    /// `MOVED 3999 127.0.0.1:6381`
    private static func redirection(_ error: RedisError, asked: ClusterEndpoint) -> (UInt16, ClusterEndpoint)? {
        guard case .command(let line) = error else { return nil }
        let words = line.split(separator: " ", maxSplits: 2)
        guard words.count == 3, let slot = UInt16(words[1]), Int(slot) < RedisPlace.slotCount,
            let endpoint = ClusterEndpoint(redirection: words[2], asked: asked)
        else { return nil }
        return (slot, endpoint)
    }
}
