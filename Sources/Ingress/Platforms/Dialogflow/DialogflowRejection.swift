// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOHTTP1
internal import Shared

/// Why a request to the Dialogflow webhook is refused. The raw value is the problem's reason and a metric label.
enum DialogflowRejection: String, PlatformRejection {
    case notPOST = "not_post"
    case malformedHeader = "malformed_header"
    case missingSecret = "missing_secret"
    case wrongSecret = "wrong_secret"
    case notAnObject = "not_an_object"
    case malformedJSON = "malformed_json"
    case notAQuery = "not_a_query"

    var status: HTTPResponseStatus {
        switch self {
        case .notPOST: .methodNotAllowed
        case .missingSecret, .wrongSecret: .unauthorized
        case .malformedHeader, .notAnObject, .malformedJSON, .notAQuery: .badRequest
        }
    }

    var headers: [(name: String, value: String)] {
        self == .notPOST ? [("Allow", "POST")] : []
    }

    var challenge: String { "Bearer" }

    var isGuess: Bool { self == .wrongSecret }

    var detail: String {
        switch self {
        case .notPOST:
            "Dialogflow sends its requests by POST; there is nothing to read here."
        case .malformedHeader:
            "The header in the URL is no name of a header field; write header=NAME."
        case .missingSecret:
            "The request carries no secret. Put it into the webhook's URL, https://…/webhook/dialogflow?secret="
                + "YOUR-SECRET, or into its authentication in the agent: as the password of basic auth, as a header "
                + "Authorization: Bearer YOUR-SECRET, or in the field that header=NAME names in the URL. A token of "
                + "Google's in Authorization is none."
        case .wrongSecret:
            "The secret that the request carries is not this bot's; enter the bot's own in the agent's authentication. A bot "
                + "that needs one of its tokens beside it has it in the URL, ?token=…."
        case .notAnObject:
            "The body is not a JSON object."
        case .malformedJSON:
            "The body is not valid JSON."
        case .notAQuery:
            "The body is no WebhookRequest: it has neither an object queryResult (Dialogflow ES) nor "
                + "fulfillmentInfo or sessionInfo (CX). A flexible webhook of CX is one for /webhook/generic."
        }
    }
}
