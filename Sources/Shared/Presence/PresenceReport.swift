// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// One event loop's report of a channel's connections.
public struct PresenceReport: Hashable, Sendable {
    /// How many connections are listed; the others are only counted.
    public static let limit = 50
    /// An older report was left by a dead node, in milliseconds. Reports are renewed at a third of it.
    public static let lifetime: Int64 = 45_000

    /// The node's display name, such as the host's.
    public var node: String
    /// When it was made, in milliseconds since 1970.
    public var time: Int64
    /// How many connections there are.
    public var count: Int
    /// The first `limit` of them.
    public var sockets: [SocketPresence]

    /// The largest plausible count for an event loop.
    private static let countLimit = 10_000_000

    /// - Parameter count: how many there are; nil if all are in `sockets`.
    public init(node: String, time: Int64, count: Int? = nil, sockets: some Collection<SocketPresence>) {
        self.node = node
        self.time = time
        self.count = max(min(count ?? 0, Self.countLimit), sockets.count)
        self.sockets = Array(sockets.prefix(Self.limit))
    }

    /// Whether its node still renews it.
    public func isCurrent(at milliseconds: Int64) -> Bool {
        let (age, isOdd) = milliseconds.subtractingReportingOverflow(self.time)
        return !isOdd && age < Self.lifetime
    }
}
