// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import RedisBroker

/// Which replies are sent, and what becomes of those whose outcome cannot be heard.
@Suite struct ReplyAskStateMachineTests {
    /// The first reply subscribes, and is sent with those behind it when its outcome can be heard; later ones at once.
    @Test func nothingIsSentUnheard() {
        var machine = ReplyAskStateMachine()
        #expect(machine.asked(1, bytes: 10) == .subscribe)
        #expect(machine.asked(2, bytes: 10) == .wait)
        #expect(machine.subscribed().sorted() == [1, 2])
        #expect(machine.subscribed() == [])
        #expect(machine.asked(3, bytes: 10) == .send)
        #expect(machine.count == 3)
        let first = (machine.finished(1), machine.finished(1))
        #expect(first == (true, false))
        #expect(machine.count == 2)
    }

    /// With the subscription go the outcomes of what was sent; what comes meanwhile waits for it to be back.
    @Test func aLostSubscriptionLosesOutcomes() {
        var machine = ReplyAskStateMachine()
        // Nothing was ever asked: nothing is lost, and nothing wanted.
        #expect(machine.subscriptionLost() == [])
        #expect(machine.asked(1, bytes: 1) == .subscribe)
        #expect(machine.subscriptionLost() == [])
        #expect(machine.subscribed() == [1])
        #expect(machine.subscriptionLost() == [1])
        #expect(machine.finished(1) == false)
        #expect(machine.asked(2, bytes: 1) == .wait)
        #expect(machine.subscriptionLost() == [])
        #expect(machine.subscribed() == [2])
        #expect(machine.subscribed() == [])
    }

    /// A deadline tells a node that does not answer from a reply that could not be sent.
    @Test func deadlinesTellWhy() {
        var machine = ReplyAskStateMachine()
        _ = machine.asked(1, bytes: 1)
        #expect(machine.deadlineReached(1) == .notSent)
        #expect(machine.subscribed() == [])
        _ = machine.asked(2, bytes: 1)
        #expect(machine.deadlineReached(2) == .noAnswer)
        #expect(machine.deadlineReached(2) == .ignore)
        #expect(machine.count == 0)
    }

    /// What is under way is bounded in number and in bytes, and a single reply always fits.
    @Test func whatIsUnderWayIsBounded() {
        var machine = ReplyAskStateMachine(bounds: .init(count: 3, bytes: 100))
        #expect(machine.asked(1, bytes: 1_000) == .subscribe)
        #expect(machine.asked(2, bytes: 1) == .refuse)
        let isFinished = machine.finished(1)
        #expect(isFinished)
        #expect(machine.asked(3, bytes: 60) == .wait)
        #expect(machine.asked(4, bytes: 41) == .refuse)
        #expect(machine.asked(5, bytes: 40) == .wait)
        _ = machine.deadlineReached(3)
        #expect(machine.asked(6, bytes: 0) == .wait)
        #expect(machine.asked(7, bytes: 0) == .wait)
        #expect(machine.asked(8, bytes: 0) == .refuse)
        #expect(machine.subscribed().sorted() == [5, 6, 7])
        #expect(machine.subscriptionLost().sorted() == [5, 6, 7])
        #expect(machine.asked(9, bytes: 100) == .wait)
    }

    /// At the end all that is under way is given up, and nothing begins.
    @Test func theEndIsFinal() {
        var machine = ReplyAskStateMachine()
        _ = machine.asked(1, bytes: 1)
        #expect(machine.end() == [1])
        #expect(machine.asked(2, bytes: 1) == .closed)
        #expect(machine.deadlineReached(1) == .ignore)
        #expect(machine.subscribed() == [])
    }
}
