// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore

/// Which lines of a kind that may come by the thousand are written where everybody reads them: so many at once and so many a
/// second, and how many were left out since. A pure structure; the clock is passed in.
///
/// A restart of a proxy ends every socket of a node at once. A line each tells nobody more than some of them and a count, and
/// whoever wants them all has the level debug.
public struct LogBudget: Sendable {
    private let perSecond: Double
    private let burst: Double
    private var tokens: Double
    private var filledAt: NIODeadline
    /// Lines since the last one that was written.
    private var leftOut = 0

    /// - Parameters:
    ///   - burst: how many lines may come at once.
    ///   - perSecond: how many may come over time.
    public init(burst: Int, perSecond: Double, now: NIODeadline) {
        self.burst = Double(burst)
        self.perSecond = perSecond
        self.tokens = Double(burst)
        self.filledAt = now
    }

    /// Whether a line is written, and how many were left out before it.
    ///
    /// - Returns: nil where this one is left out.
    public mutating func take(now: NIODeadline) -> Int? {
        let seconds = Double((now - self.filledAt).nanoseconds) / 1_000_000_000
        self.tokens = min(self.burst, self.tokens + seconds * self.perSecond)
        self.filledAt = now
        guard self.tokens >= 1 else {
            self.leftOut += 1
            return nil
        }
        self.tokens -= 1
        defer { self.leftOut = 0 }
        return self.leftOut
    }
}
