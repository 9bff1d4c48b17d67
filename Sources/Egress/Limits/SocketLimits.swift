// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import Shared

/// How many sockets there may be on one node, event streams and gateway sessions among them; nil for any number. How many a
/// bot may have on all nodes is the bot's own limit.
public struct SocketLimits: Sendable {
    /// From one address, at a time.
    public var perAddress: Int?
    /// That are opened.
    public var new: RateLimit?
    /// Where the bots' own limits are counted; nil where no bots are registered.
    public var seats: (any SeatStore)?
    /// What is held against addresses; nil where nothing is.
    public var addresses: AddressGuard?

    /// The defaults: any number.
    public init() {}

    /// Whether any address may have any number.
    var isNone: Bool { self.perAddress == nil && self.new == nil }
}
