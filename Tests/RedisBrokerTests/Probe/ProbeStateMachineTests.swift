// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

@testable import RedisBroker

/// When a probe goes out, and what its silence means.
@Suite struct ProbeStateMachineTests {
    private var machine = ProbeStateMachine(interval: .seconds(5), timeout: .seconds(4))

    private static func time(_ seconds: Int64) -> NIODeadline { .uptimeNanoseconds(0) + .seconds(seconds) }

    /// Nothing is published before Redis has confirmed that the node listens.
    @Test mutating func waitsForTheSubscription() {
        let early = self.machine.tick(now: Self.time(100))
        #expect(early == .wait)
        self.machine.subscribed()
        let action = self.machine.tick(now: Self.time(101))
        #expect(action == .publish(1))
    }

    /// A probe that comes back is followed by the next when the interval has passed.
    @Test mutating func probesEveryInterval() {
        self.machine.subscribed()
        var actions: [ProbeStateMachine.TickAction] = []
        for second in 0..<12 {
            let action = self.machine.tick(now: Self.time(Int64(second)))
            if action != .wait { actions.append(action) }
            if case .publish(let number) = action {
                let isAwaited = self.machine.heard(number, now: .uptimeNanoseconds(0))
                #expect(isAwaited)
            }
        }
        #expect(actions == [.publish(1), .publish(2), .publish(3)])
        #expect(!self.machine.isDeaf)
    }

    /// A probe that does not come back in time means deaf, once, until one does on the subscription that was made anew.
    @Test mutating func silenceIsDeafness() {
        self.machine.subscribed()
        let first = self.machine.tick(now: Self.time(0))
        #expect(first == .publish(1))
        let waiting = self.machine.tick(now: Self.time(3))
        #expect(waiting == .wait)
        #expect(!self.machine.isDeaf)
        let late = self.machine.tick(now: Self.time(4))
        #expect(late == .reconnect)
        #expect(self.machine.isDeaf)
        self.machine.subscriptionLost()
        let lost = self.machine.tick(now: Self.time(9))
        #expect(lost == .wait)
        self.machine.subscribed()
        let again = self.machine.tick(now: Self.time(10))
        #expect(again == .publish(2))
        #expect(self.machine.isDeaf)
        let stale = self.machine.heard(1, now: .uptimeNanoseconds(0))
        #expect(!stale)
        #expect(self.machine.isDeaf)
        let heard = self.machine.heard(2, now: .uptimeNanoseconds(0))
        #expect(heard)
        #expect(!self.machine.isDeaf)
    }

    /// A probe that could not be stored, or was on its way when the connection broke, says nothing.
    @Test mutating func failuresAreNoSilence() {
        self.machine.subscribed()
        let first = self.machine.tick(now: Self.time(0))
        #expect(first == .publish(1))
        let isAwaited = self.machine.publishFailed(1)
        #expect(isAwaited)
        let second = self.machine.tick(now: Self.time(4))
        #expect(second == .wait)
        let third = self.machine.tick(now: Self.time(5))
        #expect(third == .publish(2))
        let isStale = self.machine.publishFailed(1)
        #expect(!isStale)
        self.machine.subscriptionLost()
        let fourth = self.machine.tick(now: Self.time(20))
        #expect(fourth == .wait)
        #expect(!self.machine.isDeaf)
    }

    /// A new subscription is probed at once, not an interval later.
    @Test mutating func probesANewSubscriptionAtOnce() {
        self.machine.subscribed()
        let first = self.machine.tick(now: Self.time(0))
        #expect(first == .publish(1))
        _ = self.machine.heard(1, now: .uptimeNanoseconds(0))
        self.machine.subscriptionLost()
        self.machine.subscribed()
        let second = self.machine.tick(now: Self.time(1))
        #expect(second == .publish(2))
    }
}
