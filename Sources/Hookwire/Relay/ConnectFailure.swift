// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import NIOCore
internal import NIOPosix
internal import NIOSSL

/// Says in a few words why a connection could not be made.
enum ConnectFailure {
    static func text(_ error: any Error) -> String {
        switch error {
        case let error as NIOConnectionError:
            if let first = error.connectionErrors.first { return self.text(first.error) }
            return error.dnsAError != nil || error.dnsAAAAError != nil ? "the name is not known" : "no address answers"
        case let error as IOError:
            return String(cString: strerror(error.errnoCode)).lowercased()
        case ChannelError.connectTimeout:
            return "no answer in time"
        case let error as NIOSSLError:
            return self.text(error)
        default:
            return "\(error)"
        }
    }

    /// The library's own text has lines of its source in it.
    private static func text(_ error: NIOSSLError) -> String {
        let text = "\(error)"
        if text.contains("CERTIFICATE_VERIFY_FAILED") {
            return "its TLS certificate is not trusted; --insecure takes any"
        }
        if text.contains("WRONG_VERSION_NUMBER") { return "it speaks no TLS; use http://" }
        return "the TLS handshake failed"
    }
}
