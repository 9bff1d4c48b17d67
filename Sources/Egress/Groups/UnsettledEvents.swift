// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// What a member of a group was given and has not settled, within a bound. No IO and no clock.
struct UnsettledEvents {
    /// How many there may be.
    let limit: Int
    /// For how long an event is the member's.
    let visibility: TimeAmount
    private var events: [Position: (deadline: NIODeadline, attempt: Int)] = [:]

    init(limit: Int, visibility: TimeAmount) {
        self.limit = limit
        self.visibility = visibility
    }

    /// Whether there are none.
    var isEmpty: Bool { self.events.isEmpty }

    /// How many more there may be.
    var room: Int { self.limit - self.events.count }

    /// Those that are still the member's, in order: what was not settled in time may be another's already.
    func all(now: NIODeadline) -> [Position] {
        self.events.filter { $0.value.deadline > now }.keys.sorted { $0.offset < $1.offset }
    }

    /// The member has nothing to do with any of them any more.
    mutating func removeAll() {
        self.events = [:]
    }

    /// The member was given an event. One that it had before and did not settle in time is one.
    mutating func given(_ position: Position, attempt: Int = 1, now: NIODeadline) {
        self.events[position] = (now + self.visibility, attempt)
    }

    /// Which attempt the member has at one; nil where it has none.
    func attempt(at position: Position) -> Int? { self.events[position]?.attempt }

    /// The member settles one.
    ///
    /// - Returns: whether it is the member's to settle.
    mutating func settle(_ position: Position, now: NIODeadline) -> Bool {
        self.events.removeValue(forKey: position).map { $0.deadline > now } ?? false
    }

    /// Those whose time is over are another's: a member that never settles must not be out of room for ever.
    mutating func expire(now: NIODeadline) {
        self.events = self.events.filter { $0.value.deadline > now }
    }
}
