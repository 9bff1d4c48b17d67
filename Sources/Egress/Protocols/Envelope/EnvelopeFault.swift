// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// Why a client's frame could not be used.
enum EnvelopeFault: Error, Equatable {
    /// A binary message.
    case binary
    case json(JSONError)
    case missingType
    case unknownType
    case badReference
    case missingToken
    case reply(ReplyMistake)
    /// A reply by a client whose token lacks the scope.
    case wrongScope
    /// An acknowledgement without the event's position.
    case missingPosition
    /// An ack on a socket whose events need none, or a nack on one that is not in a group.
    case noGroup
    /// An ack of an event that the client does not hold, or no longer holds.
    case notUnsettled

    /// A machine-readable code.
    var reason: String {
        switch self {
        case .binary: "binary"
        case .json: "malformed_json"
        case .missingType: "missing_type"
        case .unknownType: "unknown_type"
        case .badReference: "bad_ref"
        case .missingToken: "missing_token"
        case .reply(let mistake): mistake.rawValue
        case .wrongScope: AccessRefusal.wrongScope.rawValue
        case .missingPosition: "missing_position"
        case .noGroup: "no_group"
        case .notUnsettled: "not_unsettled"
        }
    }

    /// For the author of the client.
    var explanation: String {
        switch self {
        case .binary: "Send JSON in text messages."
        case .json(let error): "This is no JSON object: \(error)."
        case .missingType: "A frame has a type: reply, ack, nack or ping."
        case .unknownType: "This type is not known; a client sends reply, ack, nack and ping."
        case .badReference:
            "ref is a string of at most \(EnvelopeRequest.referenceLimit) bytes, without control characters."
        case .missingToken: "A reply names the token that its event gave as replytoken."
        case .reply(let mistake): mistake.explanation
        case .wrongScope: "The token by which this socket was opened is not good for replies."
        case .missingPosition: "An ack or nack names the position that its event gave."
        case .noGroup:
            "Members of a group (group=NAME in the socket's URL) ack or nack their events; any other socket acks with ack=1, and "
                + "nacks nothing."
        case .notUnsettled: "This event is not this socket's to settle: it was given to another, or settled before."
        }
    }

    /// Whether it is a client error that its author should fix.
    var isMistake: Bool {
        switch self {
        case .noGroup, .notUnsettled: false
        case .binary, .json, .missingType, .unknownType, .badReference, .missingToken, .reply, .wrongScope,
            .missingPosition:
            true
        }
    }
}
