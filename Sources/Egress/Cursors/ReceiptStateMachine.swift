// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
internal import Shared

/// How much of what one client was sent it is known to have had. No IO and no clock.
///
/// What was written to a client is not yet what it has had: a client that vanishes leaves it in the system's buffers, or in
/// those of a proxy on the way. So a position is marked, and is known to be had when the client has answered a probe behind
/// it; of a client that cannot answer, when its system has acknowledged the bytes written so far.
struct ReceiptStateMachine {
    /// How many probes may wait for their answers: a client that works as it reads answers them as it gets there.
    private static let probeLimit = 32
    /// At how many visits an unanswered probe is sent again: a client may answer the last of several pings alone (RFC 6455
    /// section 5.5.3), and that may be one of the heartbeat's.
    private static let visitsToNextProbe = 10

    /// The last event that the client was sent.
    private(set) var sent: Position
    /// Of the probes that wait for their answers, the last of which is `lastProbe`: what was sent before each.
    private var probed: Deque<Position> = []
    private var lastProbe: UInt64 = 0
    /// How many visits the last probe has waited.
    private var visits = 0
    private var mark: Mark?

    /// It is known to be had when the system has got rid of so many bytes since the connection began.
    private struct Mark {
        var position: Position
        var bytes: UInt64
    }

    /// The client was sent everything up to a position.
    init(sent: Position) {
        self.sent = sent
    }

    /// It was sent everything up to a position that is not behind the one before.
    mutating func sent(upTo position: Position) {
        self.sent = position
    }

    /// The lane's visit, where the client can be asked and there is something to ask for.
    ///
    /// - Returns: the number of a probe to send it now, behind everything else.
    mutating func probe() -> UInt64? {
        guard self.probed.last == self.sent || self.probed.count == Self.probeLimit else {
            self.lastProbe += 1
            self.probed.append(self.sent)
            self.visits = 0
            return self.lastProbe
        }
        self.visits += 1
        return self.visits.isMultiple(of: Self.visitsToNextProbe) ? self.lastProbe : nil
    }

    /// The client has answered a probe.
    ///
    /// - Returns: what it has had; nil for an answer to nothing.
    mutating func probeAnswered(_ number: UInt64) -> Position? {
        guard number <= self.lastProbe, self.lastProbe - number < UInt64(self.probed.count) else { return nil }
        let position = self.probed[self.probed.count - 1 - Int(self.lastProbe - number)]
        // Who answers one has read those before it, answered or not.
        self.probed.removeFirst(self.probed.count - Int(self.lastProbe - number))
        return position
    }

    /// Looks at the connection, where the client cannot be asked.
    ///
    /// - Parameters:
    ///   - transmission: how far that is; nil where nobody can tell, and what was written counts.
    ///   - queued: how many bytes the system has not been given yet; nil for a connection that takes no more.
    /// - Returns: what it has had; nil where nothing more is known.
    mutating func look(at transmission: Transmission?, queued: Int?) -> Position? {
        guard let transmission else { return queued == 0 ? self.sent : nil }
        if queued == 0, transmission.isComplete {
            self.mark = nil
            return self.sent
        }
        var had: Position?
        if let mark, transmission.acknowledged >= mark.bytes {
            had = mark.position
            self.mark = nil
        }
        if self.mark == nil, let queued, had != self.sent {
            // A client that never catches up moves its cursor all the same. What is queued may grow a little on its way to
            // the system: TLS adds some twenty bytes to every few thousand.
            let bytes = transmission.written + UInt64(queued + queued / 64)
            self.mark = Mark(position: self.sent, bytes: bytes)
        }
        return had
    }
}
