// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import SeededRandom
import Shared
import Testing

@testable import Egress

/// Going on from a position: what is read, what is told, and where the feed takes over.
@Suite struct DeliveryStateMachineTests {
    /// Who asks for nothing gets what comes, and of a round that was under way the rest.
    @Test func live() {
        var machine = DeliveryStateMachine(start: .sample(5))
        #expect(machine.begin(nil) == .nothing)
        #expect(machine.roundReceived(first: 4, end: .sample(5)) == .ignore)
        #expect(machine.roundReceived(first: 4, end: .sample(7)) == .deliver(after: 5))
        #expect(machine.roundReceived(first: 8, end: .sample(9)) == .deliver(after: nil))
        #expect(machine.roundReceived(first: 8, end: .sample(9)) == .ignore)
        machine.ended()
        #expect(machine.roundReceived(first: 10, end: .sample(10)) == .ignore)
    }

    /// What was there before a client began with what comes is not what it was sent.
    @Test func sentNothing() {
        var machine = DeliveryStateMachine(start: .sample(5))
        #expect(machine.begin(nil) == .nothing)
        #expect(machine.position == .sample(5) && machine.sentPosition == nil)
        // Its filter may have dropped that.
        #expect(machine.roundReceived(first: 6, end: .sample(6)) == .deliver(after: nil))
        #expect(machine.sentPosition == nil && !machine.isPositionHad)
        #expect(machine.roundReceived(first: 7, end: .sample(7)) == .deliver(after: nil))
        machine.eventsSent()
        #expect(machine.sentPosition == .sample(7) && machine.repeatedPosition == nil)
        #expect(machine.roundReceived(first: 8, end: .sample(8)) == .deliver(after: nil))
        #expect(machine.sentPosition == .sample(8) && machine.isPositionHad)
    }

    /// A client is nowhere until it was told where it begins; then it is where what is for it was sent.
    @Test func reached() {
        var machine = DeliveryStateMachine(start: .sample(5))
        #expect(machine.begin(.after(.sample(2))) == .read(after: .sample(2)))
        #expect(machine.position == .sample(2) && machine.reachedPosition == nil)
        _ = machine.pageRead(.sample(3...5, head: 5))
        #expect(machine.reachedPosition == .sample(2))
        machine.sent(upTo: .sample(4))
        #expect(machine.reachedPosition == .sample(4))
        machine.sent(upTo: .sample(5))
        #expect(machine.pageSent() == .goLive && machine.reachedPosition == .sample(5))
        #expect(machine.roundReceived(first: 6, end: .sample(7)) == .deliver(after: nil))
        #expect(machine.reachedPosition == .sample(7))
    }

    /// A backlog that ends where the client joined was sent all the same, and would be sent again.
    @Test func sentTheBacklog() {
        var machine = DeliveryStateMachine(start: .sample(2))
        #expect(machine.begin(.backlog(nil)) == .read(after: nil))
        #expect(machine.outcome(of: .sample(1...2, head: 2)) == .send(.recovered(from: .sample(0)), 1...2))
        #expect(machine.sentPosition == nil && machine.repeatedPosition == nil)
        machine.sent(upTo: .sample(2))
        #expect(machine.pageSent() == .goLive)
        #expect(machine.sentPosition == .sample(2) && machine.repeatedPosition == .sample(2))
    }

    /// What is older than a client asked for, or what its filter drops of a past that it chose itself, is not had.
    @Test(arguments: [DeliveryStateMachine.Resumption.oldest, .after(.sample(0)), .behind(.sample(0))])
    func passedOver(resumption: DeliveryStateMachine.Resumption) {
        var machine = DeliveryStateMachine(start: .sample(2))
        _ = machine.begin(resumption)
        _ = machine.pageRead(.sample(1...2, head: 2))
        machine.sent(upTo: .sample(2))
        #expect(machine.pageSent() == .goLive)
        #expect(machine.position == .sample(2) && machine.sentPosition == nil && !machine.isPositionHad)
        machine.eventsSent()
        #expect(machine.sentPosition == .sample(2) && machine.isPositionHad)
    }

    /// What was missed is read, and what comes meanwhile is read in its turn; then the feed takes over without a gap.
    @Test func resumes() {
        var machine = DeliveryStateMachine(start: .sample(5))
        #expect(machine.begin(.after(.sample(2))) == .read(after: .sample(2)))
        #expect(machine.roundReceived(first: 6, end: .sample(6)) == .ignore)
        #expect(
            machine.outcome(of: .sample(3...4, head: 6)) == .send(.recovered(from: .sample(2)), 3...4)
        )
        machine.sent(upTo: .sample(4))
        #expect(machine.pageSent() == .read(after: .sample(4)))
        #expect(machine.outcome(of: .sample(5...7, head: 7)) == .send(nil, 5...7))
        #expect(!machine.isLive)
        machine.sent(upTo: .sample(7))
        #expect(machine.pageSent() == .goLive)
        #expect(machine.isLive)
        // The log was ahead of the feed.
        #expect(machine.roundReceived(first: 7, end: .sample(8)) == .deliver(after: 7))
    }

    /// Who has had everything is told so, and is live.
    @Test func nothingMissed() {
        var machine = DeliveryStateMachine(start: .sample(5))
        #expect(machine.begin(.after(.sample(5))) == .read(after: .sample(5)))
        #expect(machine.outcome(of: .sample(nil, head: 5)) == .send(.recovered(from: .sample(5)), nil))
        #expect(machine.pageSent() == .goLive)
        #expect(machine.roundReceived(first: 6, end: .sample(6)) == .deliver(after: nil))
    }

    /// A client of a consumer goes on behind what that has had; one that is up to date, or ahead of this node, reads nothing.
    @Test func backlog() {
        var machine = DeliveryStateMachine(start: .sample(5))
        #expect(machine.begin(.backlog(.sample(2))) == .read(after: .sample(2)))
        #expect(machine.position == .sample(2))
        #expect(machine.outcome(of: .sample(3...5, head: 5)) == .send(.recovered(from: .sample(2)), 3...5))
        machine.sent(upTo: .sample(5))
        #expect(machine.pageSent() == .goLive)
        #expect(machine.isLive)

        for offset: UInt64 in [5, 7] {
            machine = DeliveryStateMachine(start: .sample(5))
            #expect(machine.begin(.backlog(.sample(offset))) == .announce(.recovered(from: .sample(offset))))
            #expect(machine.roundReceived(first: 6, end: .sample(8)) == .deliver(after: offset == 5 ? nil : offset))
        }
    }

    /// A consumer that has had nothing begins with the oldest event that is left.
    @Test func backlogFromTheOldest() {
        var machine = DeliveryStateMachine(start: .sample(5))
        #expect(machine.begin(.backlog(nil)) == .read(after: nil))
        #expect(machine.position == nil)
        #expect(machine.outcome(of: .sample(3...4, head: 5)) == .send(.recovered(from: .sample(2)), 3...4))
        machine.sent(upTo: .sample(4))
        #expect(machine.pageSent() == .read(after: .sample(4)))

        machine = DeliveryStateMachine(start: .sample(0))
        #expect(machine.begin(.backlog(nil)) == .announce(.recovered(from: .sample(0))))
        #expect(machine.isLive)

        // All of it has aged out.
        machine = DeliveryStateMachine(start: .sample(5))
        _ = machine.begin(.backlog(nil))
        #expect(machine.outcome(of: .sample(nil, head: 5)) == .send(.recovered(from: .sample(5)), nil))
        #expect(machine.pageSent() == .goLive)
        #expect(machine.isLive)
    }

    /// What is no position is told, and the client gets what comes.
    @Test func unreadable() {
        var machine = DeliveryStateMachine(start: .sample(5))
        #expect(machine.begin(.unreadable) == .announce(.lost(.badPosition, position: .sample(5))))
        #expect(machine.roundReceived(first: 6, end: .sample(6)) == .deliver(after: nil))
    }

    /// Nothing happens after the end.
    @Test func afterTheEnd() {
        var machine = DeliveryStateMachine(start: .sample(5))
        _ = machine.begin(.after(.sample(2)))
        machine.ended()
        #expect(machine.outcome(of: .sample(3...4, head: 5)) == .ignore)
        #expect(machine.pageSent() == .ignore)
        #expect(machine.interrupted(.trimmed, head: .sample(9)) == .ignore)
        #expect(machine.roundReceived(first: 6, end: .sample(6)) == .ignore)
    }

    /// Whatever order rounds, pages, trimming and interruptions come in: no repeat, and no gap that was not told.
    @Test func anyOrder() {
        var seed = SeededRandom(for: "DeliveryStateMachineTests.anyOrder")
        let end = ContinuousClock.now + .seconds(1)
        while ContinuousClock.now < end {
            var model = DeliveryModel(using: &seed)
            for _ in 0..<60 { model.step(using: &seed) }
            model.settle()
            guard model.gaps == 0, model.repeats == 0, model.isComplete else {
                Issue.record("\(model.gaps) gaps, \(model.repeats) repeats, \(seed)")
                return
            }
        }
    }
}
