// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// The mapping between close codes, the peer's and ours, and the reasons of a WebSocket's end.
extension SocketEndReason {
    /// The reason for a peer that sends this code, or none.
    init(peerCode code: WebSocketCloseCode?) {
        switch code {
        case .messageTooBig, .unsupportedData, .invalidPayload: self = .messageRefused
        case let code? where code.isFailure: self = .clientFailed
        case _: self = .clientClosed
        }
    }

    /// The code of the close frame that we send for this reason. `nil` if the peer is gone, or if its own code is
    /// echoed.
    var closeCode: WebSocketCloseCode? {
        switch self {
        case .clientClosed, .clientFailed, .messageRefused, .connectionLost: nil
        case .protocolError: .protocolError
        case .invalidUTF8: .invalidPayload
        case .messageTooBig: .messageTooBig
        case .messageTimeout, .policyViolation: .policyViolation
        case .slowConsumer: .tryAgainLater
        case .noAnswer, .internalError: .internalError
        case .drain, .accessChanged: .serviceRestart
        case .revoked: .revoked
        case .serverClosed: .normalClosure
        }
    }
}
