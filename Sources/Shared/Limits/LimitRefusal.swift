// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import CoreMetrics
public import NIOCore
internal import NIOHTTP1

/// Which limit was exceeded. The raw value is the problem's reason and a metric label.
public enum LimitRefusal: String, Error, CaseIterable, Sendable {
    /// A bot's genuine requests a second.
    case requestRate = "request_rate"
    /// An address' requests a second.
    case addressRate = "address_rate"
    /// An address presented wrong secrets, tokens or signatures too often.
    case banned
    /// It did so with one bot.
    case bannedForBot = "banned_for_bot"
    /// A bot's sockets.
    case botSockets = "bot_sockets"
    /// A bot's observers, on one node.
    case botNotes = "bot_notes"
    /// An address' sockets.
    case addressSockets = "address_sockets"
    /// The node's new sockets a second.
    case newSockets = "new_sockets"

    /// The response: 429, or 503 where the client is not the cause.
    public func problem(retryAfter: TimeAmount) -> Problem {
        Problem(
            self == .newSockets ? .serviceUnavailable : .tooManyRequests,
            reason: self,
            detail: self.detail,
            headers: [("Retry-After", Self.seconds(retryAfter))]
        )
    }

    /// Whole seconds, at least one (RFC 9110, section 10.2.3).
    public static func seconds(_ time: TimeAmount) -> String {
        let (seconds, rest) = time.nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        return "\(max(1, rest > 0 ? seconds + 1 : seconds))"
    }

    private var detail: String {
        switch self {
        case .requestRate: "The bot has had as many events as it may in this time. Send the event again later."
        case .addressRate: "This address has sent as many requests as it may in this time. Send fewer."
        case .banned:
            "This address gave a wrong secret, token or signature too often. Mend that, and come back later."
        case .bannedForBot:
            "This address gave a wrong token or signature for this bot too often. Mend that, and come back later."
        case .botSockets: "The bot has as many sockets as it may. Close one, and connect again."
        case .botNotes: "As many look on at the bot on this node as may. Close one of the inspectors, and come back."
        case .addressSockets: "This address has as many sockets as it may. Close one, and connect again."
        case .newSockets: "Many sockets are being opened on this node right now. Connect again in a moment."
        }
    }

    /// Increments its counter.
    public func count() {
        self.counter.increment()
    }

    /// Exports its counter before the first refusal.
    public func show() {
        self.counter.increment(by: 0)
    }

    private var counter: Counter { Counter(label: "hookwire_limited_total", dimensions: [("reason", self.rawValue)]) }
}
