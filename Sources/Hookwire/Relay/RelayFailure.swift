// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import AsyncHTTPClient
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL

/// Why a relay gave no response, for the command's user.
enum RelayFailure: Error, Equatable {
    /// The name has no address.
    case nameUnknown
    /// The certificate is good, for another host.
    case otherHost
    /// The answer is longer than is read.
    case tooLong
    /// The request could not be made.
    case notSent
    /// What a probe can meet, too.
    case transport(ProbeFailure)

    /// What an error of the HTTP client means.
    init(_ error: any Error) {
        switch error {
        case is NIOTooManyBytesError: self = .tooLong
        case let error as HTTPClientError: self = Self(error)
        case let error as NIOConnectionError:
            // One for each address that was tried: the last is as good as any.
            guard let attempt = error.connectionErrors.last else {
                self = .nameUnknown
                return
            }
            self = Self(attempt.error)
        case HTTPParserError.invalidEOFState: self = .transport(.closed)
        case let error as NIOSSLExtraError where error == .failedToValidateHostname: self = .otherHost
        default: self = .transport(ProbeFailure(error))
        }
    }

    private init(_ error: HTTPClientError) {
        switch error {
        case .deadlineExceeded, .readTimeout, .writeTimeout, .getConnectionFromPoolTimeout:
            self = .transport(.noAnswer)
        case .connectTimeout: self = .transport(.connectionTimedOut)
        case .tlsHandshakeTimeout: self = .transport(.tls("no answer"))
        case .remoteConnectionClosed, .uncleanShutdown: self = .transport(.closed)
        default: self = .notSent
        }
    }

    /// - Parameters:
    ///   - base: the relay's address, as it was given.
    ///   - timeout: the response time-out.
    ///   - connectTimeout: the connect time-out.
    ///   - answerLimit: the longest answer that is read, in bytes.
    func sentence(base: String, timeout: TimeAmount, connectTimeout: TimeAmount, answerLimit: Int) -> String {
        switch self {
        case .nameUnknown: "Cannot reach \(base): the host's name has no address. Check it."
        case .otherHost: "Cannot reach \(base): its TLS certificate is for another host; --insecure takes any."
        case .tooLong:
            "The answer of \(base) is longer than \(answerLimit >> 20) MiB, and was not read. "
                + "Check that a relay answers at this address."
        case .notSent: "The request to \(base) could not be made. Check the address, and the header fields given."
        case .transport(let failure):
            Self.sentence(
                failure,
                base: base,
                timeout: TimeText.format(failure == .connectionTimedOut ? connectTimeout : timeout)
            )
        }
    }

    private static func sentence(_ failure: ProbeFailure, base: String, timeout: String) -> String {
        switch failure {
        case .refused:
            "Cannot reach \(base): the connection was refused. Check that the relay runs, and the port."
        case .connectionTimedOut:
            "Cannot reach \(base): no connection within \(timeout). Check the address, and the firewall on the way."
        case .unreachable(let cause): "Cannot reach \(base): \(cause). Check the address, and this machine's network."
        case .tls where failure.isForeignProtocol:
            "Cannot reach \(base): the port speaks no TLS. Check whether the address begins with http://."
        case .tls("CERTIFICATE_VERIFY_FAILED"), .untrusted:
            "Cannot reach \(base): its TLS certificate is not trusted; --insecure takes any."
        case .tls(let cause):
            "Cannot reach \(base): TLS failed (\(cause)). Check the server's certificate, and its TLS version."
        case .closed:
            "The connection to \(base) was closed before the answer was complete. Check whether the address begins with "
                + "http:// or https://, and the server's log."
        case .notHTTP: "What answers at \(base) is not HTTP. Check the port, and http:// or https://."
        case .noAnswer: "No answer from \(base) within \(timeout). Check the server's log."
        }
    }
}
