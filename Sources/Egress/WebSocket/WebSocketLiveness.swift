// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// Tells whether a peer is alive: a ping goes out, and anything that comes back is an answer.
///
/// A peer that reads slowly is not dead. Where its queue was not empty when the ping was queued, that the queue moved
/// since is an answer too: the kernel takes more only when the peer has acknowledged some. And where reading was
/// paused, the answer may lie in the kernel's buffer: one read is allowed before the verdict.
struct WebSocketLiveness {
    enum Verdict: Equatable {
        case undecided
        /// Read once, and decide at the next visit.
        case readFirst
        case dead
    }

    private var pingSent: NIODeadline?
    private var backlogAtPing = 0
    private var queuedSincePing = 0
    private var hasReadFirst = false

    /// Any bytes came from the peer.
    mutating func heard() {
        self.pingSent = nil
    }

    /// Frames were queued for the peer.
    mutating func queued(_ bytes: Int) {
        self.queuedSincePing &+= bytes
    }

    /// - Returns: whether to send a ping: not before the last one was answered.
    mutating func pingIsDue(now: NIODeadline, backlog: Int) -> Bool {
        guard self.pingSent == nil else { return false }
        self.pingSent = now
        self.backlogAtPing = backlog
        self.queuedSincePing = 0
        self.hasReadFirst = false
        return true
    }

    /// Looks for the answer to the last ping.
    ///
    /// - Parameters:
    ///   - backlog: the bytes that wait to be sent to the peer.
    ///   - isReading: whether everything that the peer sent has been asked for.
    mutating func verdict(now: NIODeadline, timeout: TimeAmount, backlog: Int, isReading: Bool) -> Verdict {
        guard let pingSent, now - pingSent >= timeout else { return .undecided }
        if self.backlogAtPing > 0 && backlog < self.backlogAtPing &+ self.queuedSincePing {
            self.pingSent = nil
            return .undecided
        }
        guard isReading || self.hasReadFirst else {
            self.hasReadFirst = true
            return .readFirst
        }
        return .dead
    }
}
