// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// A chat platform as an ingress node sees it: what its requests mean and what it wants to hear.
///
/// An instance belongs to one event loop. Adding a platform means adding a folder of its own beside `QQ`; most are a
/// `ChatPlatform`, which takes a request in steps.
protocol Platform: AnyObject {
    /// The platform's name in routes, metrics and envelopes.
    static var name: String { get }

    /// What a request presents of its bot, where bots are registered: the secret, at least.
    func credentials(in request: HTTPRequest) -> WebhookCredentials

    /// Judges a request: checks that the platform sent it before anything else is done with it.
    func receive(_ request: HTTPRequest, _ agreement: Agreement) -> Verdict

    /// The answer to an event that could not be stored, so that the platform sends it again.
    func retryLater(_ reason: BrokerError) -> HTTPResponse

    /// The answer while it is not known yet who is registered, so that the platform sends the event again.
    func notReady() -> HTTPResponse

    /// The answer to an event beyond its bot's limit, so that the platform sends it again: 429 (RFC 6585, section 4).
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
