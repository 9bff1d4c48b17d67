// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOHTTP1
internal import Shared

/// Why a request to the QQ webhook is refused. The raw value is the problem's reason and a metric label.
enum QQRejection: String, Error, CaseIterable, Sendable {
    case missingSecret = "missing_secret"
    case notAnObject = "not_an_object"
    case malformedJSON = "malformed_json"
    case missingOp = "missing_op"
    case unsigned
    case malformedSignature = "malformed_signature"
    case malformedTimestamp = "malformed_timestamp"
    case staleTimestamp = "stale_timestamp"
    case wrongSignature = "wrong_signature"
    case validationMalformed = "validation_malformed"
    case validationRefused = "validation_refused"
    case heartbeatMalformed = "heartbeat_malformed"
    case internalError = "internal_error"

    /// The answer that says so.
    var problem: Problem {
        switch self {
        case .missingSecret:
            Problem(
                .badRequest,
                reason: self.rawValue,
                detail: "The callback URL needs the bot's secret: https://…/webhook?secret=YOUR-BOT-SECRET."
            )
        case .notAnObject:
            Problem(
                .badRequest,
                reason: self.rawValue,
                detail: "The body is not a JSON object: its first byte must be {."
            )
        case .malformedJSON:
            Problem(.badRequest, reason: self.rawValue, detail: "The body is not valid JSON.")
        case .missingOp:
            Problem(.badRequest, reason: self.rawValue, detail: "The body has no integer member named op.")
        case .unsigned:
            Problem(
                .unauthorized,
                reason: self.rawValue,
                detail:
                    "The request carries no signature; an event needs X-Signature-Ed25519 and X-Signature-Timestamp."
            )
        case .malformedSignature:
            Problem(
                .unauthorized,
                reason: self.rawValue,
                detail: "X-Signature-Ed25519 is not an Ed25519 signature in 128 hexadecimal digits."
            )
        case .malformedTimestamp:
            Problem(
                .unauthorized,
                reason: self.rawValue,
                detail: "X-Signature-Timestamp is not a number of seconds of 1 to 16 digits."
            )
        case .staleTimestamp:
            Problem(
                .unauthorized,
                reason: self.rawValue,
                detail: "The signed timestamp is too far from this node's clock; check the clock, or --freshness."
            )
        case .wrongSignature:
            Problem(
                .unauthorized,
                reason: self.rawValue,
                detail: "The signature does not fit the secret in the URL; check that it is this bot's secret."
            )
        case .validationMalformed:
            Problem(
                .badRequest,
                reason: self.rawValue,
                detail: "A validation request needs d.plain_token and d.event_ts."
            )
        case .validationRefused:
            Problem(
                .badRequest,
                reason: self.rawValue,
                detail:
                    "The validation request asks for a signature over something that could be mistaken for an event."
            )
        case .heartbeatMalformed:
            Problem(.badRequest, reason: self.rawValue, detail: "A heartbeat needs an integer d.")
        case .internalError:
            Problem(.internalServerError, reason: self.rawValue, detail: "The node failed to sign; its log says more.")
        }
    }
}
