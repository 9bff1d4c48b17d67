// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
public import Shared

/// The limits on incoming events. Any thread.
public struct WebhookLimits: Sendable {
    /// Counts registered bots' events; nil where no bots are registered.
    public var limiter: (any RateLimiter)?
    /// The bans and rate limits of addresses; nil if there are none.
    public var addresses: AddressGuard?

    public init(limiter: (any RateLimiter)? = nil, addresses: AddressGuard? = nil) {
        self.limiter = limiter
        self.addresses = addresses
    }

    /// Counts a genuine event of a bot.
    func take(for bot: Bot?, on eventLoop: any EventLoop) -> RateVerdict {
        guard let bot, let limit = bot.limits.requests, let limiter else { return .decided(.admitted) }
        return limiter.take(limit, on: bot.channel, eventLoop: eventLoop)
    }
}

/// An event's permit from its bot's limit, given back if the event is a duplicate: otherwise replaying one captured
/// genuine request would use up the limit.
///
/// A class, so that events without a limit carry only one word.
final class RatePermit: Sendable {
    private let limiter: any RateLimiter
    private let limit: RateLimit
    private let channel: ChannelID

    /// - Returns: nil for a bot without a limit.
    init?(for bot: Bot, of limits: WebhookLimits) {
        guard let limit = bot.limits.requests, let limiter = limits.limiter else { return nil }
        self.limiter = limiter
        self.limit = limit
        self.channel = bot.channel
    }

    func giveBack() {
        self.limiter.giveBack(self.limit, on: self.channel)
    }
}
