// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// How a request's wait for a reply ended.
struct WaitEnd: Sendable {
    var outcome: WaitOutcome
    /// What the platform is answered.
    var response: HTTPResponse
}

/// What became of a request that waited. Also a metric label.
enum WaitOutcome: String, Sendable, CaseIterable {
    /// The bot's reply was its answer.
    case replied
    /// No reply came in time.
    case deadline
    /// No socket of the bot was there to reply.
    case nobodyOnline = "nobody_online"
    /// It repeats a request that another node has, to which the reply goes.
    case elsewhere
    /// Whoever sent it did not wait.
    case clientGone = "client_gone"
    /// The node was told to stop.
    case draining
    /// Its event could not be stored; the platform was asked to send it again.
    case notStored = "not_stored"
    /// Too many requests wait on this node already.
    case tooMany = "too_many"
}
