// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Logging

extension RedisLossReason {
    /// Whether subscriptions are refused, which each attempt finds out only behind its handshake.
    var isRefusal: Bool { self == .subscriptionRefused || self == .noShardedPubSub }
}

/// How loud the losses of a connection are told: once for each time that Redis is away, not once for each attempt. No IO.
struct RedisLossLog {
    /// Why the connection was lost that a warning has told of, until it is told that all is well again.
    private var warned: RedisLossReason?

    /// The connection is lost, or could not be made.
    mutating func lost(_ reason: RedisLossReason) -> Logger.Level {
        guard self.warned == nil else { return .debug }
        self.warned = reason
        return .warning
    }

    /// The connection stands. Where subscriptions were refused this says nothing: they are refused behind the handshake.
    mutating func ready() -> Logger.Level {
        self.warned?.isRefusal == true ? .debug : self.restored()
    }

    /// The connection stands, and all that is wanted of it is subscribed.
    mutating func restored() -> Logger.Level {
        defer { self.warned = nil }
        return self.warned == nil ? .debug : .notice
    }
}
