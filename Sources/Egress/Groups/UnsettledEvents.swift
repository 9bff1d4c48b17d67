// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// What a member of a group was given and has not settled, within a bound.
struct UnsettledEvents {
    /// How many there may be.
    let limit: Int
    private var positions: Set<Position> = []

    init(limit: Int) {
        self.limit = limit
    }

    /// How many more there may be.
    var room: Int { self.limit - self.positions.count }

    /// All of them, in order.
    var all: [Position] { self.positions.sorted { $0.offset < $1.offset } }

    /// The member was given an event. One that it had before and did not settle in time is one.
    mutating func given(_ position: Position) {
        self.positions.insert(position)
    }

    /// The member settles one.
    ///
    /// - Returns: whether it is the member's to settle.
    mutating func settle(_ position: Position) -> Bool {
        self.positions.remove(position) != nil
    }
}
