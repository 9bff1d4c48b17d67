// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOHTTP1
internal import Shared

/// The outcome of a reply as reported to the bot. The raw value is also a metric label.
enum ReplyVerdict: String, CaseIterable, Sendable {
    case accepted
    case second
    case late
    case unknown
    case unfit
    /// The shared store is unreachable.
    case unavailable
    /// The node where the request waits became unreachable after the reply was sent.
    case timeout
    /// Too many replies are in flight.
    case overloaded

    init(_ result: Result<ReplyOutcome, any Error>) {
        switch result {
        case .success(.accepted): self = .accepted
        case .success(.second): self = .second
        case .success(.late): self = .late
        case .success(.unknown): self = .unknown
        case .success(.unfit): self = .unfit
        case .failure(BrokerError.timeout): self = .timeout
        case .failure(BrokerError.overloaded): self = .overloaded
        case .failure: self = .unavailable
        }
    }

    /// Whether a request has waited for the token: its holder was offered the reply.
    var provesToken: Bool {
        switch self {
        case .accepted, .second, .late: true
        case .unknown, .unfit, .unavailable, .timeout, .overloaded: false
        }
    }

    /// For the author of the bot: what it means, and how to fix it.
    var explanation: String {
        switch self {
        case .accepted: "The reply is the platform's answer."
        case .second: "Another reply was first; each request takes one."
        case .late: "The deadline has passed, and the platform has had its fallback; answer sooner."
        case .unknown: "No request waits for this token: it is wrong or long past, or its node is gone."
        case .unfit:
            "The platform cannot be answered so: the reply is too long, has a status or field that HTTP or the "
                + "platform does not know, or is of a form that the platform does not take."
        case .unavailable: "The store that joins the nodes cannot be reached; try again before the deadline."
        case .timeout:
            "What became of the reply is not known: it may be the platform's answer. Sending it again does no harm."
        case .overloaded: "Too many replies are under way; try again before the deadline."
        }
    }

    /// The status of an answer over HTTP.
    var status: HTTPResponseStatus {
        switch self {
        case .accepted: .ok
        case .second: .conflict
        case .late: .gone
        case .unknown: .notFound
        case .unfit: .unprocessableEntity
        case .unavailable, .timeout, .overloaded: .serviceUnavailable
        }
    }
}
