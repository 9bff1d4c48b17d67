// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// An envelope socket's membership of a group. Bound to the socket's event loop.
final class EnvelopeShare {
    let reader: GroupReader
    private var unsettled: UnsettledEvents

    init(reader: GroupReader, group: StreamRequest.Group) {
        self.reader = reader
        // The group's visibility time, as set by its first member: with a shorter one of its own, the socket would free
        // its credit while the group still counts the events as its, and take new ones without end.
        self.unsettled = UnsettledEvents(limit: group.prefetch, visibility: reader.visibility)
    }

    /// How many more events the socket can take.
    var credit: Int { self.unsettled.room }

    /// The socket was given an event.
    ///
    /// - Parameter askedAt: see `UnsettledEvents`.
    func given(_ attempt: Int, at position: Position, askedAt: NIODeadline, now: NIODeadline) {
        self.unsettled.given(attempt, at: position, askedAt: askedAt, now: now)
    }

    /// Drops the events that were not settled in time.
    func expire(now: NIODeadline) {
        self.unsettled.expire(now: now)
    }

    /// The client settles an event.
    ///
    /// - Returns: whether the client still holds the event.
    func settle(
        _ verdict: GroupSettlement.Verdict,
        _ position: Position,
        by member: any GroupMember,
        now: NIODeadline
    ) -> Bool {
        guard let attempt = self.unsettled.settle(position, now: now) else { return false }
        if verdict == .nack { self.reader.refused(by: member, attempt: attempt) }
        self.reader.settle(verdict, [GroupSettlement.Attempt(position: position, number: attempt)])
        self.reader.wake()
        return true
    }

    /// Settles events at once that are not sent to the client after all.
    func pass(_ positions: [Position], now: NIODeadline) {
        let own = positions.compactMap { position in
            self.unsettled.settle(position, now: now).map { GroupSettlement.Attempt(position: position, number: $0) }
        }
        guard !own.isEmpty else { return }
        self.reader.settle(.ack, own)
        self.reader.wake()
    }

    /// The socket has ended; its unsettled events are available to others at once.
    func leave(_ member: any GroupMember, _ reason: SocketEndReason, now: NIODeadline) {
        let unsettled = self.unsettled.all(now: now)
        self.unsettled = UnsettledEvents(limit: 0, visibility: .zero)
        self.reader.leave(member, reason, unsettled: unsettled)
    }
}
