// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOSSL

/// What a failed connection or handshake means.
enum ConnectionJudgement {
    static func connection(_ failure: ProbeFailure, address: String, timeout: TimeAmount) -> Finding {
        switch failure {
        case .refused: .connectionRefused(address)
        case .connectionTimedOut, .noAnswer: .connectionTimedOut(address, TimeText.format(timeout))
        case .unreachable(let cause): .networkUnreachable(address, cause)
        case .tls, .untrusted, .closed, .notHTTP: .networkUnreachable(address, "closed")
        }
    }

    static func handshake(_ failure: ProbeFailure) -> Finding {
        switch failure {
        case _ where failure.isForeignProtocol: .notTLS()
        case .tls(let words): .handshakeFailed(words)
        case .noAnswer, .connectionTimedOut: .handshakeFailed("no answer")
        case .refused, .unreachable, .untrusted, .closed, .notHTTP: .handshakeFailed("closed")
        }
    }

    static func version(_ version: TLSVersion?) -> Finding {
        switch version {
        case .tlsv1: .oldTLS("TLS 1.0")
        case .tlsv11: .oldTLS("TLS 1.1")
        case .tlsv12: .secured("TLS 1.2")
        case .tlsv13, nil: .secured("TLS 1.3")
        }
    }
}
