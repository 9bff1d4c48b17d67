// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import Shared

/// Limits on the sockets of one node, including event streams and gateway sessions; nil for no limit. A bot's limit
/// across all nodes is set on the bot.
public struct SocketLimits: Sendable {
    /// Concurrent sockets from one address.
    public var perAddress: Int?
    /// The rate of new sockets.
    public var new: RateLimit?
    /// Where the bots' own limits are counted; nil where no bots are registered.
    public var seats: (any SeatStore)?
    /// The bans and rate limits of addresses; nil if there are none.
    public var addresses: AddressGuard?

    /// The defaults: no limits.
    public init() {}

    /// Whether there are no limits per address and no rate limit.
    var isNone: Bool { self.perAddress == nil && self.new == nil }
}
