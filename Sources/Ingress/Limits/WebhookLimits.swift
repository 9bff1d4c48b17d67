// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
public import Shared

/// What holds for the events of registered bots: how many may come, and how many are kept. Any thread.
public struct WebhookLimits: Sendable {
    private let registry: BotRegistry
    private let limiter: any RateLimiter

    public init(registry: BotRegistry, limiter: any RateLimiter) {
        self.registry = registry
        self.limiter = limiter
    }

    /// The bot of a channel; nil where none is registered.
    func bot(on channel: ChannelID) -> Bot? {
        self.registry.directory?.bot(on: channel)
    }

    /// Counts a genuine event of a bot; nil where it may have any number.
    func take(for bot: Bot, on eventLoop: any EventLoop) -> RateVerdict? {
        bot.limits.requests.map { self.limiter.take($0, on: bot.channel, eventLoop: eventLoop) }
    }
}
