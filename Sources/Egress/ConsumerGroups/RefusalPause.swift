// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// How long a member that has refused events gets no recently refused ones: other members, here and on other nodes, get
/// them first; without others they are retried after the pause. No IO and no clock.
struct RefusalPause {
    /// After an event's first attempt; longer than the polling interval of readers elsewhere
    /// (`GroupReader.longestPause`).
    static let shortest = TimeAmount.seconds(3)
    static let longest = TimeAmount.seconds(24)

    private var end: NIODeadline
    /// How long refused events are left alone.
    private(set) var length: TimeAmount

    /// A member has refused an event.
    init(attempt: Int, now: NIODeadline) {
        self.length = Self.length(behind: attempt)
        self.end = now + self.length
    }

    /// The member has refused another one meanwhile: the longest pause applies to all.
    mutating func refused(attempt: Int, now: NIODeadline) {
        self.length = max(self.length, Self.length(behind: attempt))
        self.end = max(self.end, now + Self.length(behind: attempt))
    }

    /// Whether the pause is over.
    func isOver(now: NIODeadline) -> Bool { now >= self.end }

    /// Doubles with each attempt.
    static func length(behind attempt: Int) -> TimeAmount {
        min(self.longest, self.shortest * (1 << min(max(attempt, 1) - 1, 8)))
    }
}
