// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule

/// In which order a lane's groups have their turns: those that have just got something go before those that did not get
/// through in their last turn, which is what keeps a bot with few sockets from waiting for one with very many. The order
/// of FQ-CoDel's new and old flows (RFC 8290, section 4.2).
///
/// Those that did not get through have a slice of their own each time, so that however many come new, all go on.
struct TurnQueue<Group> {
    private var fresh: Deque<Group> = []
    private var unfinished: Deque<Group> = []

    /// Whether nobody waits.
    var isEmpty: Bool { self.fresh.isEmpty && self.unfinished.isEmpty }

    /// Adds a group that waits for nothing yet.
    mutating func add(_ group: Group) {
        self.fresh.append(group)
    }

    /// Gives turns for a slice to those that are new, and then for another to the others, one after the other.
    ///
    /// - Parameters:
    ///   - slice: makes a slice that begins.
    ///   - turn: lets a group go on until the slice is over, and returns whether it is through.
    mutating func run(slice: () -> TimeSlice, turn: (Group, inout TimeSlice) -> Bool) {
        // Those that are not through now have their next turn in the next run.
        let others = self.unfinished.count
        if !self.fresh.isEmpty {
            var current = slice()
            while !current.isOver, let group = self.fresh.popFirst() {
                if !turn(group, &current) { self.unfinished.append(group) }
            }
        }
        guard others > 0 else { return }
        var current = slice()
        for _ in 0..<others where !current.isOver {
            guard let group = self.unfinished.popFirst() else { return }
            if !turn(group, &current) { self.unfinished.append(group) }
        }
    }
}
