// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// A chat platform as an ingress node sees it: what its requests mean and what it wants to hear.
///
/// An instance belongs to one event loop. Adding a platform means adding a type of its own beside `QQ`.
protocol Platform: AnyObject {
    /// The platform's name in routes, metrics and envelopes.
    static var name: String { get }

    /// Judges a request: checks that the platform sent it before anything else is done with it.
    func receive(_ request: HTTPRequest) -> Verdict

    /// The answer to an event that could not be stored, so that the platform sends it again.
    func retryLater(_ reason: BrokerError) -> HTTPResponse
}

/// What a request turned out to be.
enum Verdict {
    /// An event to publish; `acknowledgement` is the answer once it is stored.
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
    var acknowledgement: HTTPResponse
}
