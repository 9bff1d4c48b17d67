// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore

/// Rate-limits a kind of log line that may come by the thousand: a burst and a sustained rate, with a count of
/// suppressed lines. A pure structure; the clock is passed in.
///
/// A restart of a proxy ends every socket of a node in a burst. A line each says no more than a few and a count; all of
/// them are logged at debug level.
public struct LogBudget: Sendable {
    private let perSecond: Double
    private let burst: Double
    private var tokens: Double
    private var filledAt: NIODeadline
    /// Lines suppressed since the last one that was written.
    private var leftOut = 0

    /// - Parameters:
    ///   - burst: how many lines may come in a burst.
    ///   - perSecond: how many may come over time.
    public init(burst: Int, perSecond: Double, now: NIODeadline) {
        self.burst = Double(burst)
        self.perSecond = perSecond
        self.tokens = Double(burst)
        self.filledAt = now
    }

    /// Whether to write a line, and how many were suppressed before it.
    ///
    /// - Returns: nil if this one is suppressed.
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
