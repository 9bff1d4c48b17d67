// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore

/// Says which of a bot's requests are within its limit. Any thread.
///
/// One for each node; where nodes share a limit, they do it through what is behind it.
public protocol RateLimiter: Sendable {
    /// Counts a request of a channel's bot, unless it is beyond the limit.
    ///
    /// - Parameter eventLoop: where what is pending completes.
    func take(_ limit: RateLimit, on channel: ChannelID, eventLoop: any EventLoop) -> RateVerdict

    /// Takes the counting of a request back that turned out to be a repetition, on the node that has admitted it.
    func giveBack(_ limit: RateLimit, on channel: ChannelID)
}

/// Whether a request is within a limit.
public enum RateDecision: Hashable, Sendable {
    /// It is, and was counted.
    case admitted
    /// It is not, and was not counted. After that time one may be again.
    case refused(retryAfter: TimeAmount)
}

/// What is known of a request at once.
public enum RateVerdict: Sendable {
    case decided(RateDecision)
    /// A store is asked. The future is on the event loop that was named, and fails with a `BrokerError` where the store does
    /// not answer.
    case pending(EventLoopFuture<RateDecision>)
}
