// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// An adaptive limit on concurrent reads of one Redis: as many as it lately answered within a second. Other commands'
/// replies queue behind those of reads, and must not wait longer. No clock of its own.
struct ReadWindow {
    /// The place of a read in flight.
    struct Place: Sendable {
        fileprivate var taken: NIODeadline
        /// How many reads were in flight then, this one included.
        fileprivate var count: Int
    }

    /// The initial limit, before anything is known about the link.
    private static let firstLimit = 4
    /// The target duration of a read; above it the limit is lowered.
    private static let longest = TimeAmount.seconds(1)
    /// A read that took less leaves room for more.
    private static let short = TimeAmount.milliseconds(500)

    private let maximum: Int
    /// The current limit.
    private(set) var limit: Int
    /// How many are in flight. More than `limit` if that has shrunk meanwhile.
    private(set) var running = 0

    /// - Parameter maximum: the upper bound of the limit, at least one.
    init(maximum: Int) {
        precondition(maximum > 0, "reads that never begin")
        self.maximum = maximum
        self.limit = min(Self.firstLimit, maximum)
    }

    /// Takes a place; nil where none is free.
    mutating func take(now: NIODeadline) -> Place? {
        guard self.running < self.limit else { return nil }
        self.running += 1
        return Place(taken: now, count: self.running)
    }

    /// A read's reply is complete, or will never arrive.
    ///
    /// - Parameters:
    ///   - isAnswered: whether it arrived. If not, its duration says nothing about the link.
    ///   - isWanted: whether another read waits for a place.
    mutating func free(_ place: Place, isAnswered: Bool, isWanted: Bool, now: NIODeadline) {
        precondition(self.running > 0, "a place is freed twice")
        self.running -= 1
        guard isAnswered else { return }
        let time = now - place.taken
        if time > Self.longest {
            // This many replies arrived in that time, those ahead and this one.
            let count = Int64(place.count) * Self.longest.nanoseconds / time.nanoseconds
            self.limit = max(1, min(self.limit, Int(count)))
        } else if time < Self.short, isWanted {
            self.limit = min(self.limit + 1, self.maximum)
        }
    }
}
