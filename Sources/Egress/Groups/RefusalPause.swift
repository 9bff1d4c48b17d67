// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// For how long a member that has refused events is given none that was refused a moment ago: others, here and on other
/// nodes, have the first go at them, and where there are none they are tried again after a while. No IO and no clock.
struct RefusalPause {
    /// Behind an event's first attempt; longer than readers elsewhere take to look (`GroupReader.longestPause`).
    static let shortest = TimeAmount.seconds(3)
    static let longest = TimeAmount.seconds(24)

    private var end: NIODeadline
    /// For how long what was refused is left alone.
    private(set) var length: TimeAmount

    /// A member has refused an event.
    init(attempt: Int, now: NIODeadline) {
        self.length = Self.length(behind: attempt)
        self.end = now + self.length
    }

    /// The member has refused another one meanwhile: the longest holds for all.
    mutating func refused(attempt: Int, now: NIODeadline) {
        self.length = max(self.length, Self.length(behind: attempt))
        self.end = max(self.end, now + Self.length(behind: attempt))
    }

    /// Whether the member is given whatever comes, as all others are.
    func isOver(now: NIODeadline) -> Bool { now >= self.end }

    /// Twice as long behind each attempt.
    static func length(behind attempt: Int) -> TimeAmount {
        min(self.longest, self.shortest * (1 << min(max(attempt, 1) - 1, 8)))
    }
}
