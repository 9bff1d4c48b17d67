// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// How a request's wait for a reply ended.
struct WaitEnd: Sendable {
    var outcome: WaitOutcome
    /// The response to the platform.
    var response: HTTPResponse
}

/// The outcome of a request that waited; also a metric label.
enum WaitOutcome: String, Sendable, CaseIterable {
    /// The bot's reply was its answer.
    case replied
    /// No reply came in time.
    case deadline
    /// No socket of the bot was there to reply.
    case nobodyOnline = "nobody_online"
    /// It is a duplicate of a request on another node, which gets the reply.
    case elsewhere
    /// Its sender stopped waiting.
    case clientGone = "client_gone"
    /// The node was told to stop.
    case draining
    /// Its event could not be stored; the platform was asked to send it again.
    case notStored = "not_stored"
    /// Too many requests wait on this node already.
    case tooMany = "too_many"
}
