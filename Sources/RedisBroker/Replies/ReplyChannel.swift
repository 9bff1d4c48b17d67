// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// The Pub/Sub channels that replies take: to the node that a request waits on, and the outcome back to who asked.
enum ReplyChannel: Hashable {
    /// `hw:reply:<node>`: what is for the requests that wait on a node.
    case inbox(NodeID)
    /// `hw:outcome:<asker>`: the outcomes of the replies that a broker sent.
    case outcomes(ReplyAsker)

    private static let inboxPrefix = "hw:reply:"
    private static let outcomePrefix = "hw:outcome:"
    /// The longest name; those of feeds are longer, so that the length distinguishes their messages.
    private static let longestName = Self.outcomePrefix.utf8.count + 16

    /// Its name in Redis.
    var name: String {
        switch self {
        case .inbox(let node): Self.inboxPrefix + Hex.encode(bigEndian: node.rawValue)
        case .outcomes(let asker): Self.outcomePrefix + Hex.encode(bigEndian: asker.rawValue)
        }
    }

    /// Which Redis it is pushed by.
    var place: RedisPlace {
        switch self {
        case .inbox(let node): RedisPlace(key: self.name, hash: node.rawValue)
        case .outcomes(let asker): RedisPlace(key: self.name, hash: asker.rawValue)
        }
    }

    /// Reads what `name` wrote; nil for anything else.
    init?(_ name: String) {
        guard name.utf8.count <= Self.longestName else { return nil }
        if let number = Self.number(name, behind: Self.inboxPrefix) {
            self = .inbox(NodeID(rawValue: number))
        } else if let number = Self.number(name, behind: Self.outcomePrefix) {
            self = .outcomes(ReplyAsker(rawValue: number))
        } else {
            return nil
        }
    }

    private static func number(_ name: String, behind prefix: String) -> UInt64? {
        guard name.hasPrefix(prefix) else { return nil }
        return Hex.decode(bigEndian: name.utf8.dropFirst(prefix.utf8.count))
    }
}

/// The random name under which a broker receives the outcomes of its replies.
struct ReplyAsker: Hashable, Sendable {
    let rawValue: UInt64

    /// A name that no other broker has.
    static func random() -> ReplyAsker {
        ReplyAsker(rawValue: UInt64.random(in: 0...UInt64.max))
    }

    init(rawValue: UInt64) {
        self.rawValue = rawValue
    }
}
