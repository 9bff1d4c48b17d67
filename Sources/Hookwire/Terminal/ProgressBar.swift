// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// How far a backlog is.
struct ProgressBar: Equatable {
    private let first: UInt64
    private let last: UInt64
    private let epoch: Epoch
    private(set) var reached: UInt64

    /// - Parameters:
    ///   - start: behind it the backlog begins.
    ///   - head: where it ends.
    /// - Returns: nil where there is none.
    init?(from start: Position, to head: Position) {
        guard start.epoch == head.epoch, head.offset > start.offset else { return nil }
        self.first = start.offset
        self.last = head.offset
        self.epoch = start.epoch
        self.reached = start.offset
    }

    var total: UInt64 { self.last - self.first }
    var isFull: Bool { self.reached >= self.last }

    /// Everything up to a position is done.
    mutating func reach(_ position: Position) {
        guard position.epoch == self.epoch, position.offset > self.reached else { return }
        self.reached = min(position.offset, self.last)
    }

    /// `backlog [#####.....] 50/100`
    func text(width: Int) -> String {
        let done = self.reached - self.first
        let counts = " \(done)/\(self.total)"
        let cells = min(max(width - counts.count - 11, 10), 40)
        // Offsets are the relay's to say, and may be as large as numbers are.
        let (high, low) = UInt64(cells).multipliedFullWidth(by: done)
        let filled = Int(max(self.total, 1).dividingFullWidth((high, low)).quotient)
        let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: cells - filled)
        return "backlog [\(bar)]\(counts)"
    }
}
