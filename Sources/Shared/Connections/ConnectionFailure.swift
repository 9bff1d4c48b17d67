// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import NIOCore
internal import NIOPosix
internal import NIOSSL

/// Describes in a few words why a connection failed or broke: the libraries' own messages are for developers.
public enum ConnectionFailure {
    /// Such as `connection refused`, in a line of text; holds no secret.
    public static func text(_ error: any Error) -> String {
        switch error {
        case let error as NIOConnectionError:
            if let first = error.connectionErrors.first { return self.text(first.error) }
            return error.dnsAError != nil || error.dnsAAAAError != nil ? "the name is not known" : "no address answers"
        case let error as IOError:
            return String(cString: strerror(error.errnoCode)).lowercased()
        case ChannelError.connectTimeout:
            return "no answer in time"
        case NIOSSLError.uncleanShutdown:
            return "cut off in the middle of TLS"
        case is NIOSSLError, is NIOSSLExtraError, is BoringSSLError:
            return "TLS failed (\(self.tlsWords(error) ?? "\(error)"))"
        default:
            return "\(error)"
        }
    }

    /// The first BoringSSL reason in an error, such as `CERTIFICATE_VERIFY_FAILED`; nil if there is none. Its full text
    /// includes source lines.
    public static func tlsWords(_ error: any Error) -> String? {
        "\(error)".split { !($0.isUppercase || $0.isNumber || $0 == "_") }
            .first { $0.utf8.count > 6 && $0.contains("_") && !$0.hasSuffix("_") }
            .map { String($0) }
    }
}
