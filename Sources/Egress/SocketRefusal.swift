// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOHTTP1
internal import Shared

/// Why a request for a socket is refused. The raw value is the problem's reason and a metric label.
enum SocketRefusal: String, Error, CaseIterable, Sendable {
    case missingSecret = "missing_secret"
    case draining
    case badPosition = "bad_position"
    case brokerUnavailable = "broker_unavailable"

    /// The answer that says so.
    var problem: Problem {
        switch self {
        case .missingSecret:
            Problem(
                .unauthorized,
                reason: self.rawValue,
                detail:
                    "The URL needs the bot's secret, ?secret=YOUR-BOT-SECRET, or the request an Authorization: Bearer.",
                headers: [("WWW-Authenticate", "Bearer")]
            )
        case .draining:
            Problem(
                .serviceUnavailable,
                reason: self.rawValue,
                detail: "This node is draining; connect again and another takes you.",
                headers: [("Retry-After", "1")]
            )
        case .badPosition:
            Problem(
                .badRequest,
                reason: self.rawValue,
                detail: "after= takes a position as an event gives it, for instance 9f2c61d07a55e013-42."
            )
        case .brokerUnavailable:
            Problem(
                .serviceUnavailable,
                reason: self.rawValue,
                detail: "The store that joins the nodes cannot be reached; connect again in a moment.",
                headers: [("Retry-After", "2")]
            )
        }
    }
}
