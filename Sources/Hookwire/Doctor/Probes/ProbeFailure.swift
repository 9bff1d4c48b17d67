// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import NIOCore
internal import NIOHTTP1
internal import NIOSSL
internal import Shared

/// Why a probe has no answer.
enum ProbeFailure: Error, Sendable, Equatable {
    case refused
    case connectionTimedOut
    case unreachable(String)
    case tls(String)
    /// The certificate was looked at and not taken.
    case untrusted
    /// The connection ended before an answer, or within it.
    case closed
    case notHTTP
    /// The time was over before an answer.
    case noAnswer

    /// What an error of the transport means.
    init(_ error: any Error) {
        switch error {
        case let failure as ProbeFailure: self = failure
        case let error as IOError where error.errnoCode == ECONNREFUSED: self = .refused
        case let error as IOError where error.errnoCode == ETIMEDOUT: self = .connectionTimedOut
        case let error as IOError where [EHOSTUNREACH, ENETUNREACH, EADDRNOTAVAIL].contains(error.errnoCode):
            self = .unreachable(String(cString: strerror(error.errnoCode)))
        case ChannelError.connectTimeout: self = .connectionTimedOut
        case HTTPParserError.invalidEOFState: self = .closed
        case is HTTPParserError: self = .notHTTP
        case NIOSSLError.uncleanShutdown: self = .closed
        case is NIOSSLError, is NIOSSLExtraError, is BoringSSLError:
            self = .tls(ConnectionFailure.tlsWords(error) ?? ForeignText.excerpt("\(error)", limit: 80))
        default: self = .closed
        }
    }

    /// Whether TLS failed because what answered was no TLS.
    var isForeignProtocol: Bool {
        guard case .tls(let words) = self else { return false }
        return ["WRONG_VERSION_NUMBER", "HTTP_REQUEST", "HTTPS_PROXY_REQUEST"].contains { words.contains($0) }
    }
}
