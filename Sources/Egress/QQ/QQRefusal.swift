// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOHTTP1
internal import Shared

/// Why a request under `/qq` is refused. The raw value is the problem's reason.
enum QQRefusal: String, Error, CaseIterable, Sendable {
    case noUpstream = "no_upstream"
    case upstreamUnreachable = "upstream_unreachable"
    case upstreamTimeout = "upstream_timeout"
    case upstreamBusy = "upstream_busy"
    case requestBroken = "request_broken"
    case badTarget = "bad_target"
    case badHost = "bad_host"
    case badTokenRequest = "bad_token_request"
    case unknownToken = "unknown_token"
    case brokerUnavailable = "broker_unavailable"

    var response: HTTPResponse { self.problem.response }

    /// The answer that says so.
    var problem: Problem {
        let problem = Problem(self.status, reason: self, detail: self.detail, headers: self.headers)
        return self == .unknownToken ? problem.charged(for: nil) : problem
    }

    private var status: HTTPResponseStatus {
        switch self {
        case .noUpstream: .notImplemented
        case .upstreamUnreachable: .badGateway
        case .upstreamTimeout: .gatewayTimeout
        case .upstreamBusy, .brokerUnavailable: .serviceUnavailable
        case .requestBroken, .badTarget, .badHost, .badTokenRequest: .badRequest
        case .unknownToken: .unauthorized
        }
    }

    private var detail: String {
        switch self {
        case .noUpstream:
            "This relay runs with --qq-upstream none, so there is no platform to pass the request on to."
        case .upstreamUnreachable:
            "The platform's API cannot be reached from this relay; check its network and --qq-upstream, for tokens "
                + "--qq-token-upstream."
        case .upstreamTimeout:
            "The platform's API did not answer in time; send the request again."
        case .upstreamBusy:
            "Too many requests wait for the platform's API; send the request again in a moment."
        case .requestBroken:
            "The request's body did not arrive whole, so it was not passed on; send it again."
        case .badTarget:
            "The request's path cannot be passed on; check its encoding."
        case .badHost:
            "The request's Host field is no host name; the relay's operator can set --public-url."
        case .badTokenRequest:
            "Send a JSON object with appId and clientSecret, both strings and not empty."
        case .unknownToken:
            "The token is not known here or has expired; ask this relay's /qq/app/getAppAccessToken for one."
        case .brokerUnavailable:
            "The store that joins the nodes cannot be reached; send the request again in a moment."
        }
    }

    private var headers: [(name: String, value: String)] {
        switch self.status {
        case .serviceUnavailable: [("Retry-After", "1")]
        case .unauthorized: [("WWW-Authenticate", "QQBot")]
        default: []
        }
    }
}
