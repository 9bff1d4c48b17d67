// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// What one event loop of a node says of a channel's connections there.
public struct PresenceSheet: Hashable, Sendable {
    /// How many connections are told one by one; the others are only counted.
    public static let limit = 50
    /// A sheet that is older was left by a node that is gone, in milliseconds. Sheets are renewed at a third of it.
    public static let lifetime: Int64 = 45_000

    /// Where: the node's name for people, such as the host's.
    public var node: String
    /// When, in milliseconds since 1970.
    public var time: Int64
    /// How many connections there are.
    public var count: Int
    /// The first of them.
    public var sockets: [SocketPresence]

    /// More are not believed of an event loop.
    private static let countLimit = 10_000_000

    /// - Parameter count: how many there are; nil where all are in `sockets`.
    public init(node: String, time: Int64, count: Int? = nil, sockets: some Collection<SocketPresence>) {
        self.node = node
        self.time = time
        self.count = max(min(count ?? 0, Self.countLimit), sockets.count)
        self.sockets = Array(sockets.prefix(Self.limit))
    }

    /// Whether its node renews it still.
    public func isCurrent(at milliseconds: Int64) -> Bool {
        let (age, isOdd) = milliseconds.subtractingReportingOverflow(self.time)
        return !isOdd && age < Self.lifetime
    }
}
