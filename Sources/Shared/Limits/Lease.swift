// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore

/// A share of a bot's limit leased to a node: requests it may admit without asking.
public struct Lease: Hashable, Sendable {
    /// How many requests.
    public var amount: Int
    /// If it is less than requested, how long to wait before asking again.
    public var pause: TimeAmount

    public init(amount: Int, pause: TimeAmount) {
        self.amount = amount
        self.pause = pause
    }

    /// A lease covers about this much time at the limit's rate; it bounds how far ahead of the others a node may be.
    public static let span = TimeAmount.milliseconds(50)
    /// How long a lease is valid; what is unused then is lost.
    public static let lifetime = TimeAmount.seconds(1)
}

/// Where the nodes' leases come from. Any thread.
public protocol LeaseSource: Sendable {
    /// Leases a share of a limit.
    ///
    /// - Parameter amount: how many requests at most, at least 1.
    /// - Returns: a future on `eventLoop`; it fails with `BrokerError`.
    func lease(
        _ amount: Int,
        of limit: RateLimit,
        on channel: ChannelID,
        eventLoop: any EventLoop
    ) -> EventLoopFuture<Lease>
}
