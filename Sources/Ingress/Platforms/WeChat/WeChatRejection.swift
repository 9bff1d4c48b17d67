// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOHTTP1
internal import Shared

/// Why a request to the WeChat webhook is refused. The raw value is the problem's reason and a metric label.
enum WeChatRejection: String, PlatformRejection {
    case notPOST = "not_post"
    case notAHandshake = "not_a_handshake"
    case missingSecret = "missing_secret"
    case missingAESKey = "missing_aes_key"
    case malformedAESKey = "malformed_aes_key"
    case missingAppID = "missing_app_id"
    case missingSignature = "missing_signature"
    case malformedSignature = "malformed_signature"
    case malformedTimestamp = "malformed_timestamp"
    case staleTimestamp = "stale_timestamp"
    case wrongSignature = "wrong_signature"
    case notEncrypted = "not_encrypted"
    case undecryptable
    case malformedXML = "malformed_xml"
    case forbiddenXML = "forbidden_xml"
    case tooLarge = "too_large"
    case missingFields = "missing_fields"

    init(_ violation: XMLViolation) {
        self =
            switch violation {
            case .malformed, .notUTF8, .wrongRoot: .malformedXML
            case .documentType, .processingInstruction, .attribute, .entity, .repeatedField: .forbiddenXML
            case .tooLarge, .tooDeep, .tooManyElements: .tooLarge
            case .missingField: .missingFields
            }
    }

    var status: HTTPResponseStatus {
        switch self {
        case .notPOST: .methodNotAllowed
        case .missingSignature, .malformedSignature, .malformedTimestamp, .staleTimestamp, .wrongSignature,
            .notEncrypted:
            .unauthorized
        case .tooLarge: .payloadTooLarge
        case .notAHandshake, .missingSecret, .missingAESKey, .malformedAESKey, .missingAppID, .undecryptable,
            .malformedXML, .forbiddenXML, .missingFields:
            .badRequest
        }
    }

    var headers: [(name: String, value: String)] {
        self == .notPOST ? [("Allow", "GET, HEAD, POST")] : []
    }

    var isGuess: Bool { self == .wrongSignature }

    var detail: String {
        switch self {
        case .notPOST:
            "WeChat sends its messages by POST."
        case .notAHandshake:
            "A GET here is WeChat's check of the URL, with signature, timestamp, nonce and echostr; messages are sent by "
                + "POST."
        case .missingSecret:
            "The server URL needs the account's token: https://…/webhook/wechat?secret=YOUR-TOKEN."
        case .missingAESKey:
            "The message is encrypted: add &aes_key=YOUR-ENCODING-AES-KEY&app_id=YOUR-APP-ID to the server URL, or, of "
                + "a registered bot, aes_key and appid to the registry; or set the account to plain mode."
        case .malformedAESKey:
            "The aes_key in the server URL, or of a registered bot, is no EncodingAESKey, which has 43 letters and "
                + "digits; in a URL, + is written %2B."
        case .missingAppID:
            "Beside aes_key the server URL needs the account's app id, &app_id=YOUR-APP-ID, or, of a registered bot, "
                + "the registry its appid."
        case .missingSignature:
            "The request carries no signature: WeChat puts signature (in AES mode msg_signature), timestamp and nonce "
                + "into the query."
        case .malformedSignature:
            "The signature in the query is not 40 hexadecimal digits beside a nonce of at most 128 bytes."
        case .malformedTimestamp:
            "The timestamp in the query is not a number of seconds of 1 to 16 digits."
        case .staleTimestamp:
            "The signed timestamp is too far from this node's clock; check the clock, or --freshness."
        case .wrongSignature:
            "The signature does not fit the token that is in the URL, or that the bot is registered with; check that it is this "
                + "account's."
        case .notEncrypted:
            "The server URL, or the registered bot, has an aes_key, but the message is not encrypted: set the account "
                + "to safe or compatible mode, or take aes_key out of the URL or the registry."
        case .undecryptable:
            "The message cannot be decrypted; check that aes_key and app_id, or, of a registered bot, appid in the "
                + "registry, are this account's."
        case .malformedXML:
            "The body is not one XML document in UTF-8 with the root xml."
        case .forbiddenXML:
            "The XML has a document type, an entity of its own, a processing instruction, an attribute or a field twice, "
                + "which WeChat's messages never have."
        case .tooLarge:
            "The XML is larger than 64 KiB, deeper than 8 levels or of more than 512 elements, which WeChat's messages "
                + "never are."
        case .missingFields:
            "The message lacks one of ToUserName, FromUserName, CreateTime and MsgType, or in AES mode Encrypt, or they are "
                + "too long."
        }
    }
}
