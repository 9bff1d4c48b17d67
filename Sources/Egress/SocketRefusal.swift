// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1
internal import Shared

/// Why a request for a socket is refused. The raw value is the problem's reason and a metric label.
enum SocketRefusal: String, Error, CaseIterable, Sendable {
    case missingSecret = "missing_secret"
    case draining
    case badPosition = "bad_position"
    case badSince = "bad_since"
    case badBacklog = "bad_backlog"
    case badRate = "bad_rate"
    case badConsumer = "bad_consumer"
    case badAck = "bad_ack"
    case badReply = "bad_reply"
    case badVisibility = "bad_visibility"
    case badAttempts = "bad_attempts"
    case badPrefetch = "bad_prefetch"
    case badFilter = "bad_filter"
    case groupSince = "group_since"
    case conflictingStarts = "conflicting_starts"
    case conflictingConsumers = "conflicting_consumers"
    case groupNeedsSocket = "group_needs_socket"
    case tooManyConsumers = "too_many_consumers"
    case brokerUnavailable = "broker_unavailable"
    /// The store answers, and refuses.
    case brokerRefused = "broker_refused"
    case botSockets = "bot_sockets"

    /// Why a socket could not be opened.
    init(_ error: any Error) {
        self =
            error as? SocketRefusal
            ?? ((error as? BrokerError) == .refused ? .brokerRefused : .brokerUnavailable)
    }

    /// The answer that says so.
    var problem: Problem {
        switch self {
        case .missingSecret:
            Problem(
                .unauthorized,
                reason: self,
                detail:
                    "The URL needs the bot's secret, ?secret=YOUR-BOT-SECRET, or the request an Authorization: Bearer.",
                headers: [("WWW-Authenticate", "Bearer")]
            )
        case .draining:
            Problem(
                .serviceUnavailable,
                reason: self,
                detail: "This node is draining; connect again and another takes you.",
                headers: [("Retry-After", "1")]
            )
        case .tooManyConsumers:
            Problem(
                .conflict,
                reason: self,
                detail:
                    "The bot has \(ConsumerName.limit) consumers or groups already; use one of their names. One makes room "
                    + "when the next event that it is to have is not retained any more."
            )
        case .badPosition, .badSince, .badBacklog, .badRate, .badConsumer, .badAck, .badReply, .badVisibility,
            .badAttempts, .badPrefetch, .badFilter, .groupSince, .conflictingStarts, .conflictingConsumers,
            .groupNeedsSocket:
            Problem(.badRequest, reason: self, detail: self.mistake)
        case .botSockets:
            LimitRefusal.botSockets.problem(retryAfter: .seconds(5))
        case .brokerUnavailable:
            Problem(
                .serviceUnavailable,
                reason: self,
                detail: "The store that joins the nodes cannot be reached; connect again in a moment.",
                headers: [("Retry-After", "2")]
            )
        case .brokerRefused:
            Problem(
                .serviceUnavailable,
                reason: self,
                detail:
                    "The store that joins the nodes takes nothing new now, for instance because it is full; /readyz "
                    + "says why. Connect again in a moment.",
                headers: [("Retry-After", "2")]
            )
        }
    }
    /// What is wrong with a query, and how to fix it.
    private var mistake: String {
        switch self {
        case .badPosition: "after= takes a position as an event gives it, for instance 9f2c61d07a55e013-42."
        case .badSince: "since= takes a time up to a year, for instance 90s, 5m or 2h."
        case .badBacklog: "backlog= is on, off or new."
        case .badRate: "rate= is a number of events a second, from 1 to 100000."
        case .badConsumer: "consumer= and group= take a name of 1 to 64 letters, digits, '.', '_' and '-'."
        case .badAck:
            "ack=1 is for a consumer's WebSocket with the subprotocol cloudevents.json: give a consumer=, and no group=."
        case .badReply: "reply=1 makes answers of what the socket sends; without it, that is ignored."
        case .badVisibility: "visibility= takes a time from 1s to 12h, for instance 30s."
        case .badAttempts: "attempts= is a number from 1 to 100."
        case .badPrefetch: "prefetch= is a number from 1 to 1000."
        case .groupSince: "A group that is new begins with the oldest event, with backlog=off, or after= a position."
        case .badFilter:
            "type= takes an event's type, where= a path and a value such as d.author.id:abc, group_openid= and the like a value; at most \(EventFilter.typeLimit) types and \(EventFilter.conditionLimit) others."
        case .conflictingStarts: "A stream begins after= a position or since= a time, not both."
        case .conflictingConsumers: "A socket is a consumer= of its own or a member of a group=, not both."
        case .groupNeedsSocket: "A group's member acknowledges what it gets, which takes a WebSocket: use /ws."
        case .missingSecret, .draining, .tooManyConsumers, .brokerUnavailable, .brokerRefused, .botSockets:
            self.rawValue
        }
    }
}
