// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOHTTP1
internal import Shared

/// Why a request to the API is refused before the registry is asked. The raw value is the problem's reason.
enum AdminRefusal: String, Error, CaseIterable, Sendable {
    case missingToken = "missing_token"
    case wrongToken = "wrong_token"
    case tooManyFailures = "too_many_failures"
    case badName = "bad_name"
    case notReady = "not_ready"

    /// The answer that says so.
    var problem: Problem {
        switch self {
        case .missingToken:
            Problem(
                .unauthorized,
                reason: self,
                detail: "Send the node's admin token (HOOKWIRE_ADMIN_TOKEN) as Authorization: Bearer.",
                headers: [("WWW-Authenticate", "Bearer")]
            )
        case .wrongToken:
            Problem(
                .unauthorized,
                reason: self,
                detail: "This is not the node's admin token (HOOKWIRE_ADMIN_TOKEN).",
                headers: [("WWW-Authenticate", "Bearer")]
            )
        case .tooManyFailures:
            Problem(
                .tooManyRequests,
                reason: self,
                detail: "Too many requests without the right token; it is in the node's HOOKWIRE_ADMIN_TOKEN.",
                headers: [("Retry-After", "5")]
            )
        case .badName:
            Problem(.notFound, reason: self, detail: "A bot's or a token's name is \(BotName.rule).")
        case .notReady:
            Problem(
                .serviceUnavailable,
                reason: self,
                detail: "The node has not read its registry yet; see its log, and try again.",
                headers: [("Retry-After", "1")]
            )
        }
    }
}
