// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// A command's answer by which a node of a cluster says that it has not executed it, and what to do in its place
/// (redis.io, "Redis cluster specification", "Redirection and resharding"). Also a metric label, by `kind`.
enum ClusterRefusal: Equatable {
    /// From now on another node has the slot.
    case moved(UInt16, ClusterEndpoint)
    /// This command goes to another node, behind ASKING: the slot is on its way there.
    case ask(ClusterEndpoint)
    /// The slot is on its way, and some of the command's keys are.
    case tryAgain
    /// The cluster, or the slot, is not served.
    case down
    /// The node is not at work: it loads, or is no master any more.
    case away
    /// It was not sent at all, since there is no connection, or nobody is known to have the slot.
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

    /// Reads an error; nil for one that is none of these.
    ///
    /// - Parameter asked: who answered with it.
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
