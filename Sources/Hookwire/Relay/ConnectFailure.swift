// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOSSL
internal import Shared

/// Says in a few words why a command could not connect, and where TLS is why, which of its flags mends that.
enum ConnectFailure {
    /// - Parameter flag: which of the command's flags takes any certificate of the server that was meant.
    static func text(_ error: any Error, flag: String = "--insecure") -> String {
        switch error {
        case NIOSSLError.handshakeFailed:
            return switch ConnectionFailure.tlsWords(error) {
            case "CERTIFICATE_VERIFY_FAILED": "its TLS certificate is not trusted; \(flag) takes any"
            case "WRONG_VERSION_NUMBER": "it speaks no TLS; use http://"
            default: "the TLS handshake failed"
            }
        case let error as NIOSSLExtraError where error == .failedToValidateHostname:
            return "its TLS certificate is for another host; \(flag) takes any"
        default:
            return ConnectionFailure.text(error)
        }
    }
}
