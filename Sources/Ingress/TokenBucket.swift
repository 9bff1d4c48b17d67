// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// How much of something costly may be done: so much at once, so much again as time passes. Pure; the clock is passed in.
struct TokenBucket {
    private let capacity: Double
    private let perNanosecond: Double
    private var tokens: Double
    private var updated: NIODeadline

    /// A full bucket.
    init(capacity: Int, perSecond: Int, now: NIODeadline) {
        self.capacity = Double(capacity)
        self.perNanosecond = Double(perSecond) / 1_000_000_000
        self.tokens = Double(capacity)
        self.updated = now
    }

    /// Takes a token if there is one.
    mutating func take(now: NIODeadline) -> Bool {
        let elapsed = max(0, (now - self.updated).nanoseconds)
        self.updated = max(now, self.updated)
        self.tokens = min(self.capacity, self.tokens + Double(elapsed) * self.perNanosecond)
        guard self.tokens >= 1 else { return false }
        self.tokens -= 1
        return true
    }

    /// Gives a token back.
    mutating func giveBack() {
        self.tokens = min(self.capacity, self.tokens + 1)
    }
}
