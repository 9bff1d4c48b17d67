// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// An envelope socket's part in a group. Bound to the socket's event loop.
final class EnvelopeShare {
    let reader: GroupReader
    private var unsettled: UnsettledEvents

    init(reader: GroupReader, group: StreamRequest.Group) {
        self.reader = reader
        // The group's, which its first member has said: events that the socket has no more are another's at that time, and
        // not before, or it would be given others for ever.
        self.unsettled = UnsettledEvents(limit: group.prefetch, visibility: reader.visibility)
    }

    /// How many more events the socket takes.
    var credit: Int { self.unsettled.room }

    /// The socket was given an event.
    func given(_ position: Position, attempt: Int = 1, now: NIODeadline) {
        self.unsettled.given(position, attempt: attempt, now: now)
    }

    /// What was not settled in time is not the socket's any more.
    func expire(now: NIODeadline) {
        self.unsettled.expire(now: now)
    }

    /// The client settles an event.
    ///
    /// - Returns: whether it is the client's to settle.
    func settle(
        _ verdict: GroupSettlement.Verdict,
        _ position: Position,
        by member: any GroupMember,
        now: NIODeadline
    ) -> Bool {
        let attempt = self.unsettled.attempt(at: position)
        guard self.unsettled.settle(position, now: now) else { return false }
        if verdict == .nack, let attempt { self.reader.refused(by: member, attempt: attempt) }
        self.reader.settle(verdict, [position])
        self.reader.wake()
        return true
    }

    /// The client is not given some of the events after all: they are done with, at once.
    func pass(_ positions: [Position], now: NIODeadline) {
        let own = positions.filter { self.unsettled.settle($0, now: now) }
        guard !own.isEmpty else { return }
        self.reader.settle(.ack, own)
        self.reader.wake()
    }

    /// The socket has gone; what it leaves is another's at once.
    func leave(_ member: any GroupMember, _ reason: SocketEndReason, now: NIODeadline) {
        let unsettled = self.unsettled.all(now: now)
        self.unsettled = UnsettledEvents(limit: 0, visibility: .zero)
        self.reader.leave(member, reason, unsettled: unsettled)
    }
}
