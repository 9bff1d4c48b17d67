// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// How far one consumer of a channel is on one lane, and when its cursor is stored. No IO and no clock.
///
/// What was written to a client is not yet what it has had: a client that vanishes leaves it in the system's buffers. So
/// a position is marked with the bytes that had been written up to it, and is confirmed when the client's system has
/// acknowledged those bytes, or when the client says goodbye.
struct CursorStateMachine {
    /// The last event that any client was sent.
    private var sent: Position?
    /// The last event that a client is known to have had.
    private var confirmed: Position?
    /// The cursor in the broker, as far as it is known here.
    private var stored: Position?
    private var storing: Position?
    private var mark: Mark?

    private struct Mark {
        var position: Position
        /// How many bytes the connection had taken then.
        var bytes: UInt64
    }

    /// A client was sent everything up to a position.
    ///
    /// - Returns: whether that is news, so that its connection is the one to look at.
    mutating func sent(upTo position: Position) -> Bool {
        if let sent, sent.epoch == position.epoch, sent.offset >= position.offset { return false }
        self.sent = position
        return true
    }

    /// Whether there is anything to look after.
    var isBusy: Bool { self.storing != nil || self.sent != self.confirmed || self.confirmed != self.stored }

    /// Looks at the connection that had the last event.
    ///
    /// - Parameters:
    ///   - transmission: how far that is; nil where nobody can tell, and what was written counts.
    ///   - queued: how many bytes the system has not been given yet; nil for a connection that takes no more.
    mutating func look(at transmission: Transmission?, queued: Int?) {
        guard let transmission else {
            if queued == 0 { self.confirmed = self.sent }
            return
        }
        if let mark, transmission.acknowledged >= mark.bytes {
            self.confirmed = mark.position
            self.mark = nil
        }
        guard let queued, let sent, sent != self.confirmed else { return }
        if queued == 0, transmission.isComplete {
            self.confirmed = sent
            self.mark = nil
        } else if self.mark == nil {
            // A client that never catches up moves its cursor all the same. What is queued may grow a little on its way to
            // the system: TLS adds some twenty bytes to every few thousand.
            self.mark = Mark(position: sent, bytes: transmission.written + UInt64(queued + queued / 64))
        }
    }

    /// Another connection is the one to look at: a mark counts bytes of the one before.
    mutating func connectionChanged() {
        self.mark = nil
    }

    /// The connection that had the last event is gone; what was marked on it is not known any more.
    mutating func connectionEnded() {
        self.mark = nil
        self.sent = self.confirmed
    }

    /// A client that had everything up to a position has said goodbye.
    mutating func saidGoodbye(at position: Position) {
        _ = self.sent(upTo: position)
        if let confirmed, confirmed.epoch == position.epoch, confirmed.offset >= position.offset { return }
        self.confirmed = position
    }

    /// What has to be stored now, if anything. One at a time.
    mutating func store() -> Position? {
        guard self.storing == nil, let confirmed, confirmed != self.stored else { return nil }
        self.storing = confirmed
        return confirmed
    }

    /// It is stored, or is tried again later.
    mutating func storeEnded(isStored: Bool) {
        if isStored { self.stored = self.storing }
        self.storing = nil
    }
}
