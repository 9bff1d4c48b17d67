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

    /// The answer to an event beyond its bot's limit, so that the platform sends it again: 429 (RFC 6585, section 4).
    func limited(retryAfter: TimeAmount) -> HTTPResponse
}

extension Platform {
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

/// What a request turned out to be.
enum Verdict {
    /// An event to publish.
    case publish(Publishing)
    /// No event; this is the answer: a handshake, a heartbeat.
    case answer(HTTPResponse)
    /// Nothing that may be published.
    case refuse(Problem)
}

/// An event on its way to the broker.
struct Publishing {
    var event: Event
    var channel: ChannelID
    var key: DuplicateKey?
    /// The answer once the event is stored; where the platform takes a reply, the fallback without one.
    var acknowledgement: HTTPResponse
    /// How the platform takes the bot's reply, where its request waits for one.
    var reply: ReplyTerms?
    /// How much of the channel's log is kept, where not as much as of all.
    var retention: ChannelRetention?
    /// What was taken of its bot's limit, where there is one.
    var permit: RatePermit?
    /// When it was verified.
    var verified = NIODeadline.uptimeNanoseconds(0)
    /// Where that is recorded.
    var trace: RequestTrace?
}

/// How a request waits for the bot's reply.
struct ReplyTerms {
    /// What a reply becomes.
    var form: any ReplyForm
    /// How long the request may wait: the platform's own limit less a margin for the way back.
    var timeLimit: TimeAmount
}
