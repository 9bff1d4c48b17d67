// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore

/// Decides which of a bot's requests are within its limit. Any thread.
///
/// One per node; nodes that share a limit do so through its backing store.
public protocol RateLimiter: Sendable {
    /// Counts a request of a channel's bot, unless it exceeds the limit.
    ///
    /// - Parameter eventLoop: where a pending decision completes.
    func take(_ limit: RateLimit, on channel: ChannelID, eventLoop: any EventLoop) -> RateVerdict

    /// Uncounts a request that turned out to be a duplicate, on the node that admitted it.
    func giveBack(_ limit: RateLimit, on channel: ChannelID)
}

/// Whether a request is within a limit.
public enum RateDecision: Hashable, Sendable {
    /// Within the limit, and counted.
    case admitted
    /// Over the limit, and not counted. One may be admitted after `retryAfter`.
    case refused(retryAfter: TimeAmount)
}

/// A decision that is available now or pending.
public enum RateVerdict: Sendable {
    case decided(RateDecision)
    /// The store is being asked. The future is on the given event loop, and fails with a `BrokerError` if the store
    /// does not answer.
    case pending(EventLoopFuture<RateDecision>)
}
