// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Why a gateway session's socket is closed. The raw value is the metric label and the log key.
///
/// SDKs stop for good at 4914 and 4915, so these are never sent; some also do at 4001, 4002, 4010 and 4013, which is
/// right for a faulty client.
enum GatewayCloseReason: String, Error, CaseIterable, Sendable {
    case unknownOpcode = "unknown_opcode"
    case malformed
    /// No Identify and no Resume came in time.
    case notAuthenticated = "not_authenticated"
    case authenticationFailed = "authentication_failed"
    case alreadyAuthenticated = "already_authenticated"
    case sessionInvalid = "session_invalid"
    case badSequence = "bad_sequence"
    case tooFast = "too_fast"
    /// Nothing came for several heartbeat intervals.
    case silent
    /// This node drains.
    case drain
    /// The shared store is unavailable.
    case brokerUnavailable = "broker_unavailable"
    /// The bot is at its socket limit.
    case botSockets = "bot_sockets"
    /// The session's credential is no longer valid: the SDK must log in again, and is refused there.
    case revoked
    /// The bot has changed.
    case accessChanged = "access_changed"
    case badShard = "bad_shard"
    case badIntents = "bad_intents"

    /// The close code sent to the client.
    var closeCode: WebSocketCloseCode {
        switch self {
        case .unknownOpcode: WebSocketCloseCode(rawValue: 4001)
        case .malformed: WebSocketCloseCode(rawValue: 4002)
        case .notAuthenticated: WebSocketCloseCode(rawValue: 4003)
        case .authenticationFailed, .revoked: WebSocketCloseCode(rawValue: 4004)
        case .alreadyAuthenticated: WebSocketCloseCode(rawValue: 4005)
        case .sessionInvalid: WebSocketCloseCode(rawValue: 4006)
        case .badSequence: WebSocketCloseCode(rawValue: 4007)
        case .tooFast: WebSocketCloseCode(rawValue: 4008)
        case .silent, .drain, .brokerUnavailable, .botSockets, .accessChanged: WebSocketCloseCode(rawValue: 4009)
        case .badShard: WebSocketCloseCode(rawValue: 4010)
        case .badIntents: WebSocketCloseCode(rawValue: 4013)
        }
    }

    /// For the author of the client, at most 123 bytes.
    var explanation: String {
        switch self {
        case .unknownOpcode: "unknown op; a client sends 1, 2 and 6"
        case .malformed: "malformed payload; send JSON objects with op and d in text messages"
        case .notAuthenticated: "no Identify or Resume in time"
        case .authenticationFailed:
            "the token is not known here or has expired; ask this relay's token endpoint for one"
        case .alreadyAuthenticated: "already authenticated"
        case .sessionInvalid: "this session cannot be resumed; identify anew"
        case .badSequence: "seq is before the session's beginning; identify anew"
        case .tooFast: "too many or too large messages; slow down"
        case .silent: "no heartbeat for several intervals; resume"
        case .drain: "this node is draining; resume on another"
        case .brokerUnavailable: "the store that joins the nodes cannot be reached; resume in a moment"
        case .botSockets: "the bot has as many sockets as it may; close one, and resume"
        case .revoked: "revoked"
        case .accessChanged: "the bot's access has changed; resume"
        case .badShard: "shard must be [index, count] with index below count"
        case .badIntents: "intents must be a whole number of at most 32 bits"
        }
    }

    /// The corresponding reason of the socket's end.
    var endReason: SocketEndReason {
        switch self {
        case .drain: .drain
        case .brokerUnavailable: .internalError
        case .silent: .noAnswer
        case .revoked: .revoked
        case .accessChanged: .accessChanged
        case .unknownOpcode, .malformed, .notAuthenticated, .authenticationFailed, .alreadyAuthenticated,
            .sessionInvalid, .badSequence, .tooFast, .botSockets, .badShard, .badIntents:
            .policyViolation
        }
    }
}
