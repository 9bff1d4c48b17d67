// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
internal import Shared

/// Tracks which of the events sent to one client are confirmed as received. No IO and no clock.
///
/// Written is not received: if a client vanishes, data stays in kernel buffers, or in a proxy's. So a position is
/// marked, and counts as received when the client has answered a probe sent after it; for a client that cannot answer,
/// when its TCP stack has acknowledged the bytes written so far.
struct ReceiptStateMachine {
    /// How many probes may be outstanding: a client that processes as it reads answers them late.
    private static let probeLimit = 32
    /// After how many visits an unanswered probe is resent: a client may answer only the last of several pings (RFC
    /// 6455 section 5.5.3), which may be a heartbeat's.
    private static let visitsToNextProbe = 10

    /// The last event that the client was sent.
    private(set) var sent: Position
    /// For each outstanding probe, the last of which is `lastProbe`: what was sent before it.
    private var probed: Deque<Position> = []
    private var lastProbe: UInt64 = 0
    /// How many visits the last probe has been outstanding.
    private var visits = 0
    private var mark: Mark?

    /// A position that counts as received when this many bytes of the connection have been acknowledged.
    private struct Mark {
        var position: Position
        var bytes: UInt64
    }

    /// The client was sent everything up to a position.
    init(sent: Position) {
        self.sent = sent
    }

    /// The client was sent everything up to a position, not before the previous one.
    mutating func sent(upTo position: Position) {
        self.sent = position
    }

    /// The lane's visit, for a client that answers probes and has something unconfirmed.
    ///
    /// - Returns: the number of a probe to send now, after everything else.
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
    /// - Returns: what it has received; nil for an unknown probe.
    mutating func probeAnswered(_ number: UInt64) -> Position? {
        guard number <= self.lastProbe, self.lastProbe - number < UInt64(self.probed.count) else { return nil }
        let position = self.probed[self.probed.count - 1 - Int(self.lastProbe - number)]
        // An answer confirms all earlier probes too.
        self.probed.removeFirst(self.probed.count - Int(self.lastProbe - number))
        return position
    }

    /// Checks the connection, for a client that does not answer probes.
    ///
    /// - Parameters:
    ///   - transmission: the connection's progress; nil if unknown, in which case handing bytes to the kernel counts as
    ///     receipt.
    ///   - queued: how many bytes have not been handed to the kernel yet; nil for a closed connection.
    /// - Returns: what it has received; nil if nothing new is known.
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
            // So that a client that never catches up still moves its cursor. Queued data may grow a little on its way
            // to the kernel: TLS adds some twenty bytes to every few thousand.
            let bytes = transmission.written + UInt64(queued + queued / 64)
            self.mark = Mark(position: self.sent, bytes: bytes)
        }
        return had
    }
}
