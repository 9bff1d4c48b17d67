// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Logging
import NIOCore
import Testing

@testable import RedisBroker

/// How loud losses are told, as scripts.
@Suite struct RedisLossLogTests {
    private var log = RedisLossLog()

    /// A warning for each time that Redis is away, and a notice when it is back.
    @Test mutating func away() {
        #expect(self.log.ready() == .debug)
        for _ in 0..<2 {
            #expect(self.log.lost(.peerClosed, now: .ms(0)) == .warning)
            #expect(self.log.lost(.peerClosed, now: .ms(1)) == .debug)
            #expect(self.log.ready() == .notice)
            #expect(self.log.restored() == .debug)
        }
    }

    /// A reason that takes the place of another is told; reasons that take turns are not told at each turn.
    @Test mutating func another() {
        #expect(self.log.lost(.peerClosed, now: .ms(0)) == .warning)
        #expect(self.log.lost(.connectFailed, now: .ms(1_000)) == .warning)
        #expect(self.log.lost(.authenticationFailed, now: .ms(2_000)) == .warning)
        #expect(self.log.lost(.authenticationFailed, now: .ms(3_000)) == .debug)
        #expect(self.log.lost(.connectFailed, now: .ms(4_000)) == .debug)
        #expect(self.log.ready() == .notice)
    }

    /// What goes on is told once a minute.
    @Test mutating func reminder() {
        #expect(self.log.lost(.connectFailed, now: .ms(0)) == .warning)
        #expect(self.log.lost(.connectFailed, now: .ms(59_999)) == .debug)
        #expect(self.log.lost(.connectFailed, now: .ms(60_000)) == .warning)
        #expect(self.log.lost(.connectFailed, now: .ms(119_999)) == .debug)
        #expect(self.log.lost(.connectFailed, now: .ms(120_000)) == .warning)
    }

    /// Subscriptions that are refused for good are told once, although each attempt gets as far as to connect; and when they
    /// are taken, once.
    @Test(arguments: [RedisLossReason.subscriptionRefused, .noShardedPubSub])
    mutating func refused(_ reason: RedisLossReason) {
        #expect(self.log.ready() == .debug)
        #expect(self.log.lost(reason, now: .ms(0)) == .warning)
        for _ in 0..<10 {
            #expect(self.log.ready() == .debug)
            #expect(self.log.lost(reason, now: .ms(1)) == .debug)
        }
        #expect(self.log.lost(.peerClosed, now: .ms(2)) == .warning)
        #expect(self.log.ready() == .debug)
        #expect(self.log.restored() == .notice)
        #expect(self.log.ready() == .debug)
        #expect(self.log.lost(reason, now: .ms(3)) == .warning)
    }

    /// The pause is shown in a unit that people read.
    @Test func metadata() throws {
        let metadata = RedisLossLog.metadata(of: RedisLoss(.connectFailed), retryIn: .nanoseconds(28_374_431))
        let retry = try #require(metadata["retry"])
        let reason = try #require(metadata["reason"])
        #expect("\(retry)" == "28 ms")
        #expect("\(reason)" == "connect_failed")
    }
}
