// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// The status code of a close frame (RFC 6455 section 7.4), ours or the peer's.
struct WebSocketCloseCode: RawRepresentable, Hashable, Sendable {
    var rawValue: UInt16

    init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// 1000: the purpose of the connection is fulfilled.
    static let normalClosure = Self(rawValue: 1000)
    /// 1002: the peer broke RFC 6455.
    static let protocolError = Self(rawValue: 1002)
    /// 1003: a kind of data that the endpoint cannot accept.
    static let unsupportedData = Self(rawValue: 1003)
    /// 1007: a text message or a close reason that is no UTF-8.
    static let invalidPayload = Self(rawValue: 1007)
    /// 1008: against the endpoint's policy, when nothing else fits.
    static let policyViolation = Self(rawValue: 1008)
    /// 1009: a message larger than the endpoint takes.
    static let messageTooBig = Self(rawValue: 1009)
    /// 1010: the server agreed to no extension that the client needs.
    static let extensionMissing = Self(rawValue: 1010)
    /// 1011: the server met a condition that it did not expect.
    static let internalError = Self(rawValue: 1011)
    /// 1012: the service restarts; connect again (IANA registry).
    static let serviceRestart = Self(rawValue: 1012)
    /// 1013: try again later (IANA registry).
    static let tryAgainLater = Self(rawValue: 1013)

    /// 1014: a gateway got an answer that it cannot use (IANA registry).
    static let badGateway = Self(rawValue: 1014)

    /// 4001: the peer's credential is no longer valid; our own, in the range for applications.
    static let revoked = Self(rawValue: 4001)

    /// Whether its sender reports a failure rather than a normal close.
    var isFailure: Bool {
        switch self {
        case .protocolError, .unsupportedData, .invalidPayload, .policyViolation, .messageTooBig, .extensionMissing,
            .internalError, .badGateway:
            true
        case _:
            false
        }
    }

    /// Whether a close frame may carry this code: 1000 to 1003 and 1007 to 1014 as registered at IANA, 3000 to 4999 for
    /// libraries and applications. 1004 to 1006 and 1015 are reserved and never on the wire (RFC 6455 section 7.4.2).
    var isValidOnWire: Bool {
        switch self.rawValue {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }
}
