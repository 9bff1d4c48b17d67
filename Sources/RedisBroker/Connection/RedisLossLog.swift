// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import NIOCore

extension RedisLossReason {
    /// Whether subscriptions are refused, which shows only after the handshake.
    var isRefusal: Bool { self == .subscriptionRefused || self == .noShardedPubSub }
}

/// The log level of a connection's losses: each reason is a warning when it first occurs and periodically after, not on
/// each attempt. No IO.
struct RedisLossLog {
    /// How long the same reason is not repeated as a warning.
    static let reminder = TimeAmount.seconds(60)

    /// When each reason was last logged as a warning, until the recovery is logged.
    private var warned: [RedisLossReason: NIODeadline] = [:]

    /// The connection is lost, or could not be made.
    mutating func lost(_ reason: RedisLossReason, now: NIODeadline) -> Logger.Level {
        if let last = self.warned[reason], now - last < Self.reminder { return .debug }
        self.warned[reason] = now
        return .warning
    }

    /// The connection is ready. If subscriptions were refused this is no recovery: they are refused after the
    /// handshake.
    mutating func ready() -> Logger.Level {
        self.warned.keys.contains { $0.isRefusal } ? .debug : self.restored()
    }

    /// The connection is up, and all wanted channels are subscribed.
    mutating func restored() -> Logger.Level {
        defer { self.warned.removeAll() }
        return self.warned.isEmpty ? .debug : .notice
    }

    /// The log metadata of a loss.
    ///
    /// - Parameter pause: until the next attempt.
    static func metadata(of loss: RedisLoss, retryIn pause: TimeAmount) -> Logger.Metadata {
        [
            "reason": "\(loss.reason.rawValue)",
            "detail": "\(loss)",
            "retry": "\(pause.nanoseconds / 1_000_000) ms",
        ]
    }
}
