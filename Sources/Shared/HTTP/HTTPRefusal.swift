// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1

/// Why a connection's input cannot be served: it is answered with an error and closed.
enum HTTPRefusal: String, Error, CaseIterable {
    case malformedRequest = "malformed_request"
    case headerTooLarge = "header_too_large"
    case bodyTooLarge = "body_too_large"
    case headerTimeout = "header_timeout"
    case bodyTimeout = "body_timeout"
    case missingHost = "missing_host"
    case invalidHost = "invalid_host"
    case unknownExpectation = "unknown_expectation"
    case unsupportedVersion = "unsupported_version"
    case unsupportedTransferCoding = "unsupported_transfer_coding"

    /// The refusal for a parser error.
    init(parserError: any Error) {
        switch parserError as? HTTPParserError {
        case .headerOverflow: self = .headerTooLarge
        case .invalidVersion: self = .unsupportedVersion
        default: self = .malformedRequest
        }
    }

    /// The response for the refusal.
    func problem(limits: HTTPLimits) -> Problem {
        let (status, detail): (HTTPResponseStatus, String) =
            switch self {
            case .malformedRequest:
                (.badRequest, "The request is not valid HTTP/1.1; send it as RFC 9112 says.")
            case .headerTooLarge:
                (
                    .requestHeaderFieldsTooLarge,
                    "The request's header is too large: at most \(limits.headerCount) fields, \(limits.headerField) bytes a "
                        + "field and \(limits.headerList) bytes in all are taken."
                )
            case .bodyTooLarge:
                (
                    .payloadTooLarge,
                    "The request's body is larger than \(limits.body) bytes; send less, or raise --body-limit."
                )
            case .headerTimeout:
                (
                    .requestTimeout,
                    "The request's header did not arrive within \(limits.headerTimeout.seconds) s; send it in one go."
                )
            case .bodyTimeout:
                (
                    .requestTimeout,
                    "The request's body did not arrive within \(limits.bodyTimeout.seconds) s; send it faster."
                )
            case .missingHost:
                (.badRequest, "The request needs exactly one Host field.")
            case .invalidHost:
                (.badRequest, "The request's Host field holds what cannot be in a host and a port.")
            case .unknownExpectation:
                (.expectationFailed, "The only expectation that is met here is 100-continue.")
            case .unsupportedTransferCoding:
                (.notImplemented, "The only transfer coding that is decoded here is chunked.")
            case .unsupportedVersion:
                (.httpVersionNotSupported, "Only HTTP/1.0 and HTTP/1.1 are spoken here, with lines that end in CR LF.")
            }
        return Problem(status, reason: self, detail: detail)
    }
}

extension TimeAmount {
    /// The time in seconds, for people.
    fileprivate var seconds: Double { Double(self.nanoseconds) / 1_000_000_000 }
}
