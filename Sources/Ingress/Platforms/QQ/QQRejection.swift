// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOHTTP1
internal import Shared

/// Why a request to the QQ webhook is refused. The raw value is the problem's reason and a metric label.
enum QQRejection: String, PlatformRejection {
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

    var status: HTTPResponseStatus {
        switch self {
        case .missingSecret, .notAnObject, .malformedJSON, .missingOp, .validationMalformed, .validationRefused,
            .heartbeatMalformed:
            .badRequest
        case .unsigned, .malformedSignature, .malformedTimestamp, .staleTimestamp, .wrongSignature: .unauthorized
        case .internalError: .internalServerError
        }
    }

    var isGuess: Bool { self == .wrongSignature }

    var detail: String {
        switch self {
        case .missingSecret:
            "The callback URL needs the bot's secret: https://…/webhook?secret=YOUR-BOT-SECRET."
        case .notAnObject:
            "The body is not a JSON object: its first byte must be {. \(WebhookRefusal.pathHint)"
        case .malformedJSON:
            "The body is not valid JSON."
        case .missingOp:
            "The body has no integer member named op. \(WebhookRefusal.pathHint)"
        case .unsigned:
            "The request carries no signature; an event needs X-Signature-Ed25519 and X-Signature-Timestamp."
        case .malformedSignature:
            "X-Signature-Ed25519 is not an Ed25519 signature in 128 hexadecimal digits."
        case .malformedTimestamp:
            "X-Signature-Timestamp is not a number of seconds of 1 to 16 digits."
        case .staleTimestamp:
            "The signed timestamp is too far from this node's clock; check the clock, or --freshness."
        case .wrongSignature:
            "The signature does not fit the secret that is in the URL, or that the bot is registered with; check that it is this "
                + "bot's."
        case .validationMalformed:
            "A validation request needs d.plain_token and d.event_ts."
        case .validationRefused:
            "The validation request asks for a signature over something that could be mistaken for an event."
        case .heartbeatMalformed:
            "A heartbeat needs an integer d."
        case .internalError:
            "The node failed to sign; its log says more."
        }
    }
}
