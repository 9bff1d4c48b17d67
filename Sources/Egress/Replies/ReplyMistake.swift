// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Why a JSON object is not a valid reply. The raw value is the reason sent to the bot, and a metric label.
enum ReplyMistake: String, Error, CaseIterable, Sendable {
    case emptyReply = "empty_reply"
    case textAndResponse = "text_and_response"
    case badText = "bad_text"
    case badStatus = "bad_status"
    case badHeaders = "bad_headers"
    case badBody = "bad_body"

    /// For the author of the bot.
    var explanation: String {
        switch self {
        case .emptyReply: "A reply has a text, or a status, headers and a body (or body_base64), at least one of these."
        case .textAndResponse: "A reply has either a text, for the platform's form to be put around it, or a response."
        case .badText: "text is a string."
        case .badStatus: "status is a whole number from 200 to 599."
        case .badHeaders:
            "headers is an object of strings or lists of strings, or a list of pairs: [[\"Content-Type\",\"text/plain\"]]."
        case .badBody: "body is a string, or an object or list to be sent as JSON; body_base64 is a string in base64."
        }
    }
}
