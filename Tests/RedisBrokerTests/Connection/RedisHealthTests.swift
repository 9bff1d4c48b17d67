// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Shared
import Testing

@testable import RedisBroker

/// What several connections say together.
@Suite struct RedisHealthTests {
    private func isReady(_ states: [RedisStatus.State]) -> Bool {
        RedisHealth.health(of: states) == .ready
    }

    /// One connection that works is enough, for it can stand in for the others.
    @Test func oneIsEnough() {
        #expect(self.isReady([.ready, .ready]))
        #expect(self.isReady([.lost(RedisLoss(.peerClosed)), .ready]))
        #expect(self.isReady([.ready, .stalled, .connecting]))
    }

    /// None that works is red, with a sentence that says why.
    @Test func none() {
        #expect(!self.isReady([]))
        #expect(!self.isReady([.connecting]))
        #expect(!self.isReady([.stalled, .connecting]))
        let health = RedisHealth.health(of: [.lost(RedisLoss(.connectFailed, "connection refused"))])
        let sentence =
            "Redis cannot be connected to; check that it runs and that its URL is right. (connection refused)"
        #expect(health == .unavailable(sentence))
    }

    /// A server that refuses all work is red though connections stand.
    @Test func refusing() {
        #expect(!self.isReady([.ready, .refusing(.command("OOM command not allowed"))]))
    }

    /// A status tells whether commands can be sent.
    @Test func status() {
        let status = RedisStatus()
        #expect(!status.isConnected)
        for (state, isConnected) in [
            (RedisStatus.State.connecting, false), (.ready, true), (.stalled, true),
            (.refusing(.command("OOM")), true), (.lost(RedisLoss(.peerClosed)), false),
        ] {
            status.become(state)
            #expect(status.isConnected == isConnected)
            #expect(status.current == state)
        }
    }

    /// Trouble is remembered for a while; the beginning is none.
    @Test func trouble() {
        let status = RedisStatus()
        let time = TimeAmount.seconds(5)
        for state in [RedisStatus.State.connecting, .ready] {
            status.become(state)
            #expect(!status.isTroubled(within: time, now: .now()))
        }
        status.become(.stalled)
        #expect(status.isTroubled(within: time, now: .now() + .hours(1)))
        status.become(.ready)
        #expect(status.isTroubled(within: time, now: .now()))
        #expect(!status.isTroubled(within: time, now: .now() + time))
    }
}
