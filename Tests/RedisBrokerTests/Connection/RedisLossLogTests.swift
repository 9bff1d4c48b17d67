// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Logging
import Testing

@testable import RedisBroker

/// How loud losses are told, as scripts.
@Suite struct RedisLossLogTests {
    private var log = RedisLossLog()

    /// A warning for each time that Redis is away, and a notice when it is back.
    @Test mutating func away() {
        #expect(self.log.ready() == .debug)
        for _ in 0..<2 {
            #expect(self.log.lost(.peerClosed) == .warning)
            #expect(self.log.lost(.connectFailed) == .debug)
            #expect(self.log.ready() == .notice)
            #expect(self.log.restored() == .debug)
        }
    }

    /// Subscriptions that are refused for good are told once, although each attempt gets as far as to connect; and when they
    /// are taken, once.
    @Test(arguments: [RedisLossReason.subscriptionRefused, .noShardedPubSub])
    mutating func refused(_ reason: RedisLossReason) {
        #expect(self.log.ready() == .debug)
        #expect(self.log.lost(reason) == .warning)
        for _ in 0..<10 {
            #expect(self.log.ready() == .debug)
            #expect(self.log.lost(reason) == .debug)
        }
        #expect(self.log.ready() == .debug)
        #expect(self.log.restored() == .notice)
        #expect(self.log.ready() == .debug)
        #expect(self.log.lost(reason) == .warning)
    }
}
