// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Why a socket ended: a WebSocket or an event stream. The raw value is the metric label and the log key.
enum SocketEndReason: String, CaseIterable, Sendable {
    /// The peer sent a close frame.
    case clientClosed = "client_closed"
    /// The peer sent a close frame that says that it failed: what it was sent last it may never have read.
    case clientFailed = "client_failed"
    /// The peer sent a close frame that says that a message of ours is longer than it takes, or is of a kind that it does not.
    case messageRefused = "message_refused"
    /// The peer broke RFC 6455.
    case protocolError = "protocol_error"
    /// Text that is no UTF-8.
    case invalidUTF8 = "invalid_utf8"
    /// A message over the limit.
    case messageTooBig = "message_too_big"
    /// Something that the socket's protocol or the configuration forbids.
    case policyViolation = "policy_violation"
    /// The outbound queue was full: the peer reads more slowly than its events come.
    case slowConsumer = "slow_consumer"
    /// Nothing came from the peer within the time that a ping leaves it.
    case noAnswer = "no_answer"
    /// This node drains; another takes the peer.
    case drain
    /// What let the peer in is good for nothing any more.
    case revoked
    /// The peer has to come in again, for the bot is not as it was.
    case accessChanged = "access_changed"
    /// We have nothing more to say to this peer.
    case serverClosed = "server_closed"
    /// We cannot go on, through no fault of the peer.
    case internalError = "internal_error"
    /// The connection broke, or its peer finished it with no close frame.
    case connectionLost = "connection_lost"

    /// Whether both sides end in order, so that what was sent before arrives if the peer is still there.
    var isGoodbye: Bool {
        switch self {
        case .clientClosed, .drain, .revoked, .accessChanged, .serverClosed: true
        case .clientFailed, .messageRefused, .protocolError, .invalidUTF8, .messageTooBig, .policyViolation,
            .slowConsumer, .noAnswer, .internalError, .connectionLost:
            false
        }
    }
}
