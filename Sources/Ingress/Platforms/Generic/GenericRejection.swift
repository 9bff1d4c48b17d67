// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOHTTP1
internal import Shared

/// Why a request to a generic webhook is refused. The raw value is the problem's reason and a metric label.
enum GenericRejection: String, PlatformRejection {
    case missingSecret = "missing_secret"
    case unknownScheme = "unknown_scheme"
    case malformedHeader = "malformed_header"
    case malformedReply = "malformed_reply"
    case malformedStandardSecret = "malformed_standard_secret"
    case missingSignature = "missing_signature"
    case malformedSignature = "malformed_signature"
    case malformedTimestamp = "malformed_timestamp"
    case staleTimestamp = "stale_timestamp"
    case wrongSignature = "wrong_signature"
    case missingToken = "missing_token"
    case wrongSecret = "wrong_secret"
    /// Unsigned, and nothing else proves that the sender knows the bot.
    case unproven

    var status: HTTPResponseStatus {
        switch self {
        case .missingSecret, .unknownScheme, .malformedHeader, .malformedReply, .malformedStandardSecret:
            .badRequest
        case .missingSignature, .malformedSignature, .malformedTimestamp, .staleTimestamp, .wrongSignature,
            .missingToken, .wrongSecret, .unproven:
            .unauthorized
        }
    }

    var challenge: String {
        switch self {
        case .missingToken, .wrongSecret, .unproven: "Bearer"
        default: "Signature"
        }
    }

    var isGuess: Bool { self == .wrongSignature || self == .wrongSecret || self == .unproven }

    var detail: String {
        switch self {
        case .missingSecret:
            "The webhook's URL needs a secret: https://…/webhook/generic?secret=YOUR-SECRET."
        case .unknownScheme:
            "The scheme in the URL is none of github, standard, bearer and none."
        case .malformedHeader:
            "The header in the URL is no name of a header field; write header=NAME, or header=NAME:PREFIX with "
                + "scheme=github."
        case .malformedReply:
            "reply=1 in the URL has the request wait for the bot's reply; the URL says neither 1 nor 0."
        case .malformedStandardSecret:
            "With scheme=standard the secret is whsec_ or whpk_ and Base64, as the sender shows it; in a URL, + is "
                + "written %2B."
        case .missingSignature:
            "The request carries no signature. With scheme=github that is X-Hub-Signature-256, or the field that header "
                + "names; with scheme=standard webhook-id, webhook-timestamp and webhook-signature. A sender that signs "
                + "nothing needs scheme=bearer or scheme=none in the URL."
        case .malformedSignature:
            "The signature is not in the form that its scheme has: the prefix and 64 hexadecimal digits or Base64 with "
                + "scheme=github, v1,… or v1a,… with scheme=standard, each field once."
        case .malformedTimestamp:
            "webhook-timestamp is not a number of seconds of 1 to 16 digits."
        case .staleTimestamp:
            "The signed timestamp is too far from this node's clock; check the clock, or --freshness."
        case .wrongSignature:
            "The signature does not fit the secret that is in the URL, or that the bot is registered with; check that the "
                + "sender signs with it, and that nothing between changes the body."
        case .missingToken:
            "The request carries no secret: with scheme=bearer it is the token of Authorization: Bearer, the password of "
                + "Authorization: Basic, or the value of the field that header names."
        case .wrongSecret:
            "The secret that the request carries is not the bot's, or the bot needs one of its tokens beside it, ?token=…."
        case .unproven:
            "Nothing is signed, so the request has to show that it may send for this bot: ?secret=…, Authorization: Bearer with "
                + "the secret, or ?token=… with one of the bot's tokens."
        }
    }
}
