// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Shared
import Testing

@testable import RedisBroker

/// When to connect again.
@Suite struct RedisReconnectionTests {
    /// Always the same random number.
    private struct Fixed: RandomNumberGenerator {
        var value: UInt64
        mutating func next() -> UInt64 { self.value }
    }

    private var highest = Fixed(value: .max)

    private func reconnection() -> RedisReconnection {
        RedisReconnection(
            backoff: Backoff(first: .milliseconds(50), cap: .milliseconds(2_000)),
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
