// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule

/// The order in which a lane's groups take turns: small groups with new events go before large or unfinished ones, so
/// that a bot with few sockets does not wait for one with very many. The order of FQ-CoDel's new and old flows (RFC
/// 8290, section 4.2).
///
/// The others get a slice of their own each time, so that they progress however many new ones arrive.
struct TurnQueue<Group> {
    private var fresh: Deque<Group> = []
    private var unfinished: Deque<Group> = []

    /// Whether no group is queued.
    var isEmpty: Bool { self.fresh.isEmpty && self.unfinished.isEmpty }
    /// Whether a large or unfinished group is queued.
    var hasUnfinished: Bool { !self.unfinished.isEmpty }

    /// Adds a group that is not queued yet.
    ///
    /// - Parameter isSmall: whether it finishes quickly.
    mutating func add(_ group: Group, isSmall: Bool) {
        if isSmall { self.fresh.append(group) } else { self.unfinished.append(group) }
    }

    /// Gives turns to the new groups for one slice, and then to the others for another, round-robin.
    ///
    /// - Parameters:
    ///   - freshSlice: makes the slice for new groups.
    ///   - slice: makes the slice for the others.
    ///   - turn: runs a group until the slice is over, and returns whether it is finished.
    mutating func run(
        freshSlice: () -> TimeSlice,
        slice: () -> TimeSlice,
        turn: (Group, inout TimeSlice) -> Bool
    ) {
        // Groups left unfinished now get their next turn in the next run.
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
