// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// How much of what one client was sent it is known to have had. No IO and no clock.
///
/// What was written to a client is not yet what it has had: a client that vanishes leaves it in the system's buffers, or in
/// those of a proxy on the way. So a position is marked, and is known to be had when the client has answered a probe behind
/// it; of a client that cannot answer, when its system has acknowledged the bytes written so far.
struct ReceiptStateMachine {
    /// At how many visits an unanswered probe is sent again: a client may answer the last of several pings alone (RFC 6455
    /// section 5.5.3), and that may be one of the heartbeat's.
    private static let visitsToNextProbe = 10

    /// The last event that the client was sent.
    private(set) var sent: Position
    private var mark: Mark?
    private var lastProbe: UInt64 = 0

    private struct Mark {
        var position: Position
        var sign: Sign
    }

    /// What shows that a mark was reached.
    private enum Sign {
        /// The answer to the last probe, which has waited so many visits.
        case answer(visits: Int)
        /// That the system has got rid of so many bytes since the connection began.
        case bytes(UInt64)
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
        if let mark, case .answer(let visits) = mark.sign {
            self.mark?.sign = .answer(visits: visits + 1)
            return (visits + 1).isMultiple(of: Self.visitsToNextProbe) ? self.lastProbe : nil
        }
        self.lastProbe += 1
        self.mark = Mark(position: self.sent, sign: .answer(visits: 0))
        return self.lastProbe
    }

    /// The client has answered a probe.
    ///
    /// - Returns: what it has had; nil for an answer to nothing.
    mutating func probeAnswered(_ number: UInt64) -> Position? {
        guard let mark, case .answer = mark.sign, number == self.lastProbe else { return nil }
        self.mark = nil
        return mark.position
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
        if let mark, case .bytes(let bytes) = mark.sign, transmission.acknowledged >= bytes {
            had = mark.position
            self.mark = nil
        }
        if self.mark == nil, let queued, had != self.sent {
            // A client that never catches up moves its cursor all the same. What is queued may grow a little on its way to
            // the system: TLS adds some twenty bytes to every few thousand.
            let bytes = transmission.written + UInt64(queued + queued / 64)
            self.mark = Mark(position: self.sent, sign: .bytes(bytes))
        }
        return had
    }
}
