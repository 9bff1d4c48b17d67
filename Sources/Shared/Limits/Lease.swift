// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore

/// A part of a bot's limit that a node has for itself: requests it may admit without asking.
public struct Lease: Hashable, Sendable {
    /// How many requests.
    public var amount: Int
    /// Where it is less than was asked for, after what time it is worth asking again.
    public var pause: TimeAmount

    public init(amount: Int, pause: TimeAmount) {
        self.amount = amount
        self.pause = pause
    }

    /// For how long of a limit's rate a node asks at once: about as many requests as one lease has, and how far ahead of the
    /// others a node may be.
    public static let span = TimeAmount.milliseconds(50)
    /// How long a node may take to use a lease up; then it is over, and nobody has had the rest.
    public static let lifetime = TimeAmount.seconds(1)
}

/// Where the nodes' leases come from. Any thread.
public protocol LeaseSource: Sendable {
    /// Leases a part of a limit.
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
