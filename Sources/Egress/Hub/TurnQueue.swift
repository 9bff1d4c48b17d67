// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule

/// In which order a lane's groups have their turns: those that have just got something, and are through soon, go before
/// those that are not, which is what keeps a bot with few sockets from waiting for one with very many. The order of
/// FQ-CoDel's new and old flows (RFC 8290, section 4.2).
///
/// The others have a slice of their own each time, so that however many come new, all go on.
struct TurnQueue<Group> {
    private var fresh: Deque<Group> = []
    private var unfinished: Deque<Group> = []

    /// Whether nobody waits.
    var isEmpty: Bool { self.fresh.isEmpty && self.unfinished.isEmpty }
    /// Whether somebody waits who is not through soon.
    var hasUnfinished: Bool { !self.unfinished.isEmpty }

    /// Adds a group that waits for nothing yet.
    ///
    /// - Parameter isSmall: whether it is through soon.
    mutating func add(_ group: Group, isSmall: Bool) {
        if isSmall { self.fresh.append(group) } else { self.unfinished.append(group) }
    }

    /// Gives turns for a slice to those that are new, and then for another to the others, one after the other.
    ///
    /// - Parameters:
    ///   - freshSlice: makes the slice of those that are new.
    ///   - slice: makes that of the others.
    ///   - turn: lets a group go on until the slice is over, and returns whether it is through.
    mutating func run(
        freshSlice: () -> TimeSlice,
        slice: () -> TimeSlice,
        turn: (Group, inout TimeSlice) -> Bool
    ) {
        // Those that are not through now have their next turn in the next run.
        let others = self.unfinished.count
        if !self.fresh.isEmpty {
            var current = freshSlice()
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
