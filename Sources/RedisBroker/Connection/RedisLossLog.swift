// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import NIOCore

extension RedisLossReason {
    /// Whether subscriptions are refused, which each attempt finds out only behind its handshake.
    var isRefusal: Bool { self == .subscriptionRefused || self == .noShardedPubSub }
}

/// How loud the losses of a connection are told: each reason once when it begins and then now and then, not for each
/// attempt. No IO.
struct RedisLossLog {
    /// How long the same reason is not told again.
    static let reminder = TimeAmount.seconds(60)

    /// When a warning last told of each reason for which the connection was lost, until it is told that all is well again.
    private var warned: [RedisLossReason: NIODeadline] = [:]

    /// The connection is lost, or could not be made.
    mutating func lost(_ reason: RedisLossReason, now: NIODeadline) -> Logger.Level {
        if let last = self.warned[reason], now - last < Self.reminder { return .debug }
        self.warned[reason] = now
        return .warning
    }

    /// The connection stands. Where subscriptions were refused this says nothing: they are refused behind the handshake.
    mutating func ready() -> Logger.Level {
        self.warned.keys.contains { $0.isRefusal } ? .debug : self.restored()
    }

    /// The connection stands, and all that is wanted of it is subscribed.
    mutating func restored() -> Logger.Level {
        defer { self.warned.removeAll() }
        return self.warned.isEmpty ? .debug : .notice
    }

    /// What stands beside a loss in the log.
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
