// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// Tells whether a peer is alive: a ping goes out, and anything that comes back is an answer.
///
/// A peer that reads slowly is not dead. If its queue was not empty when the ping was queued, progress of the queue
/// counts as an answer too: the kernel accepts more only when the peer has acknowledged some. And if reading was
/// paused, the answer may be in the kernel's buffer: one read is allowed before the verdict.
struct WebSocketLiveness {
    enum Verdict: Equatable {
        case undecided
        /// Read once, and decide at the next visit.
        case readFirst
        case dead
    }

    /// In nanoseconds of the clock, plus one; 0 if no answer is awaited. Every socket has this, so it is kept small:
    /// queued bytes are counted up to 4 GiB, far above a socket's queue limit.
    private var pingSentTime: UInt64 = 0
    private var backlogAtPing: UInt32 = 0
    private var queuedSincePing: UInt32 = 0
    private var hasReadFirst = false

    private var pingSent: NIODeadline? {
        get { self.pingSentTime == 0 ? nil : .uptimeNanoseconds(self.pingSentTime - 1) }
        set { self.pingSentTime = newValue.map { $0.uptimeNanoseconds + 1 } ?? 0 }
    }

    /// Any bytes came from the peer.
    mutating func heard() {
        self.pingSent = nil
    }

    /// Frames were queued for the peer.
    mutating func queued(_ bytes: Int) {
        let (sum, isOver) = self.queuedSincePing.addingReportingOverflow(UInt32(clamping: bytes))
        self.queuedSincePing = isOver ? .max : sum
    }

    /// - Returns: whether to send a ping: not before the last one was answered.
    mutating func pingIsDue(now: NIODeadline, backlog: Int) -> Bool {
        guard self.pingSent == nil else { return false }
        self.pingSent = now
        self.backlogAtPing = UInt32(clamping: backlog)
        self.queuedSincePing = 0
        self.hasReadFirst = false
        return true
    }

    /// Checks for the answer to the last ping.
    ///
    /// - Parameters:
    ///   - backlog: the bytes that wait to be sent to the peer.
    ///   - isReading: whether everything that the peer sent has been asked for.
    mutating func verdict(now: NIODeadline, timeout: TimeAmount, backlog: Int, isReading: Bool) -> Verdict {
        guard let pingSent, now - pingSent >= timeout else { return .undecided }
        if self.backlogAtPing > 0 && backlog < Int(self.backlogAtPing) + Int(self.queuedSincePing) {
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
