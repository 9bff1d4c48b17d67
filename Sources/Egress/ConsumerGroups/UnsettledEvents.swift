// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// The events that a member of a group holds and has not settled, bounded. No IO and no clock.
struct UnsettledEvents {
    private struct Unsettled {
        var attempt: Int
        /// Until when the member can settle it.
        var deadline: NIODeadline
        /// When it takes up no room any more. No sooner than others may take it: a member that settles nothing must not
        /// be the first to be given it again.
        var roomDeadline: NIODeadline
    }

    /// How many there may be.
    let limit: Int
    /// How long the member holds an event.
    let visibility: TimeAmount
    private var events: [Position: Unsettled] = [:]

    init(limit: Int, visibility: TimeAmount) {
        self.limit = limit
        self.visibility = visibility
    }

    /// Whether there are none.
    var isEmpty: Bool { self.events.isEmpty }

    /// How many more there may be.
    var room: Int { self.limit - self.events.count }

    /// The events still held, in order, without those that were not settled in time, which another member may hold
    /// already.
    func all(now: NIODeadline) -> [GroupSettlement.Attempt] {
        self.events.filter { $0.value.deadline > now }
            .map { GroupSettlement.Attempt(position: $0.key, number: $0.value.attempt) }
            .sorted { $0.position.offset < $1.position.offset }
    }

    /// Drops all of them.
    mutating func removeAll() {
        self.events = [:]
    }

    /// Adds an event given to the member. One given again, because it was not settled in time, counts once.
    ///
    /// - Parameters:
    ///   - askedAt: when the store was asked for it, which took it for the member no earlier.
    ///   - now: when the store had answered, which took it no later.
    mutating func given(_ attempt: Int, at position: Position, askedAt: NIODeadline, now: NIODeadline) {
        self.events[position] = Unsettled(
            attempt: attempt,
            deadline: askedAt + self.visibility,
            roomDeadline: now + self.visibility
        )
    }

    /// Settles an event.
    ///
    /// - Returns: the member's attempt at it; nil where it is not the member's to settle.
    mutating func settle(_ position: Position, now: NIODeadline) -> Int? {
        guard let event = self.events.removeValue(forKey: position), event.deadline > now else { return nil }
        return event.attempt
    }

    /// Drops the events whose time is over: a member that never settles must not stay full for ever.
    mutating func expire(now: NIODeadline) {
        self.events = self.events.filter { $0.value.roomDeadline > now }
    }
}
