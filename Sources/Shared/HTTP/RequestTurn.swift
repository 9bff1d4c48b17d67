// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// Limits how many requests of a connection are served before the loop's other connections get a turn: a peer may
/// pipeline thousands in one packet, and some requests cost as much as a hundred others.
///
/// A request that comes alone costs no look at the clock.
struct RequestTurn {
    /// The most requests of a turn.
    static let limit = 64
    /// How long a turn lasts from its second request on. Checked before each request, so the last one may exceed it.
    static let duration = TimeAmount.microseconds(200)

    private var left = RequestTurn.limit
    /// Nil until the second request, and after every wait for an answer.
    private var end: NIODeadline?

    /// Whether the next request has to wait for the next turn.
    var isOver: Bool { self.left == 0 }

    /// A request is about to be served. Not once the turn is over.
    ///
    /// - Parameter now: monotonic; evaluated from the second request on.
    mutating func serve(now: @autoclosure () -> NIODeadline) {
        precondition(!self.isOver, "a request has to wait for the next turn")
        self.left -= 1
        guard self.left < Self.limit - 1 else { return }
        let time = now()
        guard let end else {
            self.end = time + Self.duration
            return
        }
        if time >= end { self.left = 0 }
    }

    /// The connection goes on after waiting, such as for an answer: that time was not its own.
    mutating func resume() {
        self.end = nil
    }
}
