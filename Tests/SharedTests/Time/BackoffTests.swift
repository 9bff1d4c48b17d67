// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Shared
import Testing

/// How long is waited before the next attempt.
@Suite struct BackoffTests {
    /// Always the smallest, or the largest, random number.
    private struct Fixed: RandomNumberGenerator {
        var value: UInt64
        mutating func next() -> UInt64 { self.value }
    }

    private var lowest = Fixed(value: 0)
    private var highest = Fixed(value: .max)

    /// It doubles up to the cap, spread over the upper half of each step, and starts over after a reset.
    @Test mutating func doubles() {
        let steps: [Int64] = [50, 100, 200, 400, 800, 1_600, 2_000, 2_000]
        var low = Backoff(first: .milliseconds(50), cap: .milliseconds(2_000))
        var (middle, high) = (low, low)
        for step in steps {
            #expect(low.delay(using: &self.lowest) == .milliseconds(step / 2))
            #expect(middle.delay(dice: 0.5) == .microseconds(step * 750))
            #expect(high.delay(using: &self.highest) == .milliseconds(step))
        }
        #expect(high.hasFailed)
        high.reset()
        #expect(!high.hasFailed)
        #expect(high.delay(using: &self.highest) == .milliseconds(50))
    }

    /// A cap that is no power of two times the first step is reached and not passed.
    @Test mutating func capIsKept() {
        var backoff = Backoff(first: .milliseconds(50), cap: .milliseconds(70))
        #expect(backoff.delay(using: &self.highest) == .milliseconds(50))
        #expect(backoff.delay(using: &self.highest) == .milliseconds(70))
        var constant = Backoff(first: .milliseconds(50), cap: .milliseconds(50))
        #expect(constant.delay(using: &self.highest) == .milliseconds(50))
        #expect(constant.delay(using: &self.highest) == .milliseconds(50))
    }
}
