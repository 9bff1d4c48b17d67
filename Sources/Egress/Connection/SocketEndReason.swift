// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Why a socket ended: a WebSocket or an event stream. The raw value is the metric label and the log key.
enum SocketEndReason: String, CaseIterable, Sendable {
    /// The peer sent a close frame.
    case clientClosed = "client_closed"
    /// The peer sent a close frame that reports a failure: it may not have read what was sent last.
    case clientFailed = "client_failed"
    /// The peer sent a close frame that refuses one of our messages as too long or of an unsupported kind.
    case messageRefused = "message_refused"
    /// The peer broke RFC 6455.
    case protocolError = "protocol_error"
    /// Text that is not UTF-8.
    case invalidUTF8 = "invalid_utf8"
    /// A message over the limit.
    case messageTooBig = "message_too_big"
    /// A message that was begun and not finished in time.
    case messageTimeout = "message_timeout"
    /// Something that the socket's protocol or the configuration forbids.
    case policyViolation = "policy_violation"
    /// The outbound queue was full: the peer reads more slowly than its events arrive.
    case slowConsumer = "slow_consumer"
    /// Nothing came from the peer within the time-out of a ping.
    case noAnswer = "no_answer"
    /// This node drains; the peer should reconnect to another.
    case drain
    /// The peer's credential is no longer valid.
    case revoked
    /// The bot has changed, and the peer must reconnect.
    case accessChanged = "access_changed"
    /// We closed the connection normally.
    case serverClosed = "server_closed"
    /// We cannot continue, through no fault of the peer.
    case internalError = "internal_error"
    /// The connection broke, or its peer closed it without a close frame.
    case connectionLost = "connection_lost"

    /// Whether the close is orderly, so that earlier data arrives if the peer is still there.
    var isGoodbye: Bool {
        switch self {
        case .clientClosed, .drain, .revoked, .accessChanged, .serverClosed: true
        case .clientFailed, .messageRefused, .protocolError, .invalidUTF8, .messageTooBig, .messageTimeout,
            .policyViolation, .slowConsumer, .noAnswer, .internalError, .connectionLost:
            false
        }
    }
}
