// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore

/// A token bucket: a burst, refilled at a sustained rate. Pure; the clock is passed in.
public struct TokenBucket: Sendable {
    private let capacity: Double
    private let perNanosecond: Double
    private var tokens: Double
    private var updated: NIODeadline

    /// A full bucket.
    public init(capacity: Int, perSecond: Double, now: NIODeadline) {
        self.capacity = Double(capacity)
        self.perNanosecond = perSecond / 1_000_000_000
        self.tokens = Double(capacity)
        self.updated = now
    }

    /// A full bucket of a limit.
    public init(_ limit: RateLimit, now: NIODeadline) {
        self.init(capacity: limit.burst, perSecond: limit.rate, now: now)
    }

    /// Takes a token if there is one.
    public mutating func take(now: NIODeadline) -> Bool {
        let elapsed = max(0, (now - self.updated).nanoseconds)
        self.updated = max(now, self.updated)
        self.tokens = min(self.capacity, self.tokens + Double(elapsed) * self.perNanosecond)
        guard self.tokens >= 1 else { return false }
        self.tokens -= 1
        return true
    }

    /// Takes a token, or returns the time until there is one, at most a year.
    public mutating func decide(now: NIODeadline) -> RateDecision {
        if self.take(now: now) { return .admitted }
        let year = 365.0 * 24 * 60 * 60 * 1_000_000_000
        return .refused(retryAfter: .nanoseconds(Int64(min((1 - self.tokens) / self.perNanosecond, year).rounded(.up))))
    }

    /// Gives a token back.
    public mutating func giveBack() {
        self.tokens = min(self.capacity, self.tokens + 1)
    }
}
