// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOHTTP1
internal import Shared

/// Why a request to the Messenger webhook is refused. The raw value is the problem's reason and a metric label.
enum MessengerRejection: String, PlatformRejection {
    case notPOST = "not_post"
    case notAHandshake = "not_a_handshake"
    case missingSecret = "missing_secret"
    case missingVerifyToken = "missing_verify_token"
    case wrongVerifyToken = "wrong_verify_token"
    case missingSignature = "missing_signature"
    case malformedSignature = "malformed_signature"
    case wrongSignature = "wrong_signature"
    case notAnObject = "not_an_object"
    case malformedJSON = "malformed_json"
    case missingObject = "missing_object"

    var status: HTTPResponseStatus {
        switch self {
        case .notPOST: .methodNotAllowed
        case .wrongVerifyToken: .forbidden
        case .missingSignature, .malformedSignature, .wrongSignature: .unauthorized
        case .notAHandshake, .missingSecret, .missingVerifyToken, .notAnObject, .malformedJSON, .missingObject:
            .badRequest
        }
    }

    var headers: [(name: String, value: String)] {
        self == .notPOST ? [("Allow", "GET, HEAD, POST")] : []
    }

    var isGuess: Bool { self == .wrongSignature || self == .wrongVerifyToken }

    var detail: String {
        switch self {
        case .notPOST:
            "Meta sends its events by POST."
        case .notAHandshake:
            "A GET here is Meta's check of the URL, with hub.mode=subscribe, hub.verify_token and hub.challenge; events "
                + "are sent by POST."
        case .missingSecret:
            "The callback URL needs the app's secret: https://…/webhook/messenger?secret=YOUR-APP-SECRET&verify_token=…"
        case .missingVerifyToken:
            "The callback URL needs the verify token that is entered beside it: https://…/webhook/messenger?secret=…"
                + "&verify_token=YOUR-TOKEN."
        case .wrongVerifyToken:
            "The verify token is not the one in the callback URL; enter the same in both places."
        case .missingSignature:
            "The request carries no X-Hub-Signature-256; Meta signs every event with the app's secret."
        case .malformedSignature:
            "X-Hub-Signature-256 is not sha256= and 64 hexadecimal digits."
        case .wrongSignature:
            "The signature does not fit the secret that is in the URL, or that the bot is registered with; check that it is "
                + "the secret of this app, and that nothing between changes the body."
        case .notAnObject:
            "The body is not a JSON object."
        case .malformedJSON:
            "The body is not valid JSON."
        case .missingObject:
            "The body has no text named object, as Meta's events have: page, whatsapp_business_account, instagram."
        }
    }
}
