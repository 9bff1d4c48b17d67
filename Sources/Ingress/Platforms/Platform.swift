// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// A chat platform as seen by an ingress node: how to verify its requests and how to answer them.
///
/// An instance is confined to one event loop. To add a platform, add a folder beside `QQ`; most are a `ChatPlatform`,
/// which processes a request in steps.
protocol Platform: AnyObject {
    /// The platform's name in routes, metrics and envelopes.
    static var name: String { get }

    /// The credentials in a request that identify a registered bot: at least the secret.
    func credentials(in request: HTTPRequest) -> WebhookCredentials

    /// Verifies a request before anything else is done with it, and decides how to handle it.
    func receive(_ request: HTTPRequest, _ settings: WebhookSettings) -> Verdict

    /// The response to an event that could not be stored, so that the platform retries.
    func retryLater(_ reason: BrokerError) -> HTTPResponse

    /// The response while the registry is not loaded yet, so that the platform retries.
    func notReady() -> HTTPResponse

    /// The response to an event over its bot's limit, so that the platform retries: 429 (RFC 6585, section 4).
    func limited(retryAfter: TimeAmount) -> HTTPResponse
}

extension Platform {
    func notReady() -> HTTPResponse {
        AccessRefusal.notReady.problem.response
    }

    func limited(retryAfter: TimeAmount) -> HTTPResponse {
        LimitRefusal.requestRate.problem(retryAfter: retryAfter).response
    }

    func credentials(in request: HTTPRequest) -> WebhookCredentials {
        WebhookCredentials(secret: request.secretInURL)
    }
}

extension HTTPRequest {
    /// `?secret=S`
    var secretInURL: Secret? {
        self.query["secret"].flatMap { $0.isEmpty ? nil : Secret($0) }
    }
}
