// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

@testable import RedisBroker

/// When to connect again.
@Suite struct RedisReconnectionTests {
    /// Always the smallest, or the largest, random number.
    private struct Fixed: RandomNumberGenerator {
        var value: UInt64
        mutating func next() -> UInt64 { self.value }
    }

    private var lowest = Fixed(value: 0)
    private var highest = Fixed(value: .max)

    /// It doubles up to the cap, spread over the upper half of each step, and starts over after a reset.
    @Test mutating func backOff() {
        let steps: [Int64] = [50, 100, 200, 400, 800, 1_600, 2_000, 2_000]
        var low = BackOff(first: .milliseconds(50), cap: .milliseconds(2_000))
        var high = low
        for step in steps {
            #expect(low.delay(using: &self.lowest) == .milliseconds(step / 2))
            #expect(high.delay(using: &self.highest) == .milliseconds(step))
        }
        high.reset()
        #expect(high.delay(using: &self.highest) == .milliseconds(50))
    }

    /// A cap that is no power of two times the first step is reached and not passed.
    @Test mutating func capIsKept() {
        var backOff = BackOff(first: .milliseconds(50), cap: .milliseconds(70))
        #expect(backOff.delay(using: &self.highest) == .milliseconds(50))
        #expect(backOff.delay(using: &self.highest) == .milliseconds(70))
        var constant = BackOff(first: .milliseconds(50), cap: .milliseconds(50))
        #expect(constant.delay(using: &self.highest) == .milliseconds(50))
        #expect(constant.delay(using: &self.highest) == .milliseconds(50))
    }

    private func reconnection() -> RedisReconnection {
        RedisReconnection(
            backOff: BackOff(first: .milliseconds(50), cap: .milliseconds(2_000)),
            stableTime: .milliseconds(2_000)
        )
    }

    /// One attempt at a time, and the next one after a wait.
    @Test mutating func attempts() {
        var reconnection = self.reconnection()
        #expect(reconnection.waitEnded() == .ignore)
        #expect(reconnection.start() == .connect)
        #expect(reconnection.start() == .ignore)
        #expect(reconnection.lost(now: .ms(0), using: &self.highest) == .wait(.milliseconds(50)))
        #expect(reconnection.lost(now: .ms(0), using: &self.highest) == .ignore)
        #expect(reconnection.waitEnded() == .connect)
        #expect(reconnection.waitEnded() == .ignore)
        #expect(reconnection.lost(now: .ms(50), using: &self.highest) == .wait(.milliseconds(100)))
    }

    /// A connection that lasted makes its loss a first one; one that broke at once does not, so that a server that
    /// takes connections and drops them is not stormed.
    @Test mutating func onlyALastingConnectionResets() {
        var reconnection = self.reconnection()
        _ = reconnection.start()
        reconnection.ready(now: .ms(0))
        #expect(reconnection.lost(now: .ms(1_999), using: &self.highest) == .wait(.milliseconds(50)))
        _ = reconnection.waitEnded()
        reconnection.ready(now: .ms(2_100))
        #expect(reconnection.lost(now: .ms(4_099), using: &self.highest) == .wait(.milliseconds(100)))
        _ = reconnection.waitEnded()
        reconnection.ready(now: .ms(5_000))
        #expect(reconnection.lost(now: .ms(7_000), using: &self.highest) == .wait(.milliseconds(50)))
    }

    /// After the stop there is no attempt any more.
    @Test mutating func stop() {
        var reconnection = self.reconnection()
        _ = reconnection.start()
        reconnection.stop()
        #expect(reconnection.isStopped)
        #expect(reconnection.lost(now: .ms(0), using: &self.highest) == .ignore)
        #expect(reconnection.waitEnded() == .ignore)
        #expect(reconnection.start() == .ignore)
    }
}
