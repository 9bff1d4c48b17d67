// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Shared
import Testing

@testable import Egress

/// What a client that goes on from a position is told of what is not to be had, and what it gets all the same.
@Suite struct DeliveryLossTests {
    /// A loss that a client was told of is not told to the next one.
    @Test func lossIsToldOnce() {
        var machine = DeliveryStateMachine(start: .sample(5))
        #expect(machine.begin(.backlog(.sample(1))) == .read(after: .sample(1)))
        #expect(machine.outcome(of: .notRecoverable(.trimmed, head: .sample(5))) == .read(nil, after: nil))
        #expect(machine.outcome(of: .sample(nil, head: 5)) == .send(.lost(.trimmed, position: .sample(5)), nil))
        #expect(machine.sentPosition == .sample(5))

        // Also where the other log has no events yet.
        machine = DeliveryStateMachine(start: .sample(0))
        #expect(machine.begin(.backlog(.other)) == .announce(.lost(.epochChanged, position: .sample(0))))
        #expect(machine.sentPosition == .sample(0))
        machine = DeliveryStateMachine(start: .sample(0))
        #expect(machine.begin(.backlog(nil)) == .announce(.recovered(from: .sample(0))))
        #expect(machine.sentPosition == nil)
    }

    /// What is not to be had is told with the reason, nothing is replayed in part, and what came since the client joined
    /// is not lost with it.
    @Test(arguments: UnrecoverableReason.allCases)
    func losses(reason: UnrecoverableReason) {
        let lost = Recovery.lost(Recovery.Reason(reason), position: .sample(5))
        var machine = DeliveryStateMachine(start: .sample(5))
        _ = machine.begin(.after(.other))
        #expect(machine.outcome(of: .notRecoverable(reason, head: .sample(5))) == .announce(lost))
        #expect(machine.roundReceived(first: 6, end: .sample(6)) == .deliver(after: nil))

        machine = DeliveryStateMachine(start: .sample(5))
        _ = machine.begin(.after(.other))
        #expect(machine.roundReceived(first: 6, end: .sample(7)) == .ignore)
        #expect(
            machine.outcome(of: .notRecoverable(reason, head: .sample(7)))
                == .read(lost, after: .sample(5))
        )
        // It was told already that it does not go on from where it was.
        #expect(machine.outcome(of: .sample(6...7, head: 7)) == .send(nil, 6...7))
        machine.sent(upTo: .sample(7))
        #expect(machine.pageSent() == .goLive)
        #expect(machine.isLive)
    }

    /// A consumer that was away for too long is told what it lost, and gets what is left.
    @Test func backlogWithLosses() {
        var machine = DeliveryStateMachine(start: .sample(9))
        #expect(machine.begin(.backlog(.sample(2))) == .read(after: .sample(2)))
        #expect(machine.outcome(of: .notRecoverable(.trimmed, head: .sample(9))) == .read(nil, after: nil))
        #expect(
            machine.outcome(of: .sample(7...9, head: 9)) == .send(.lost(.trimmed, position: .sample(6)), 7...9)
        )

        machine = DeliveryStateMachine(start: .sample(9))
        #expect(machine.begin(.backlog(.other)) == .read(after: nil))
        #expect(
            machine.outcome(of: .sample(1...9, head: 9)) == .send(.lost(.epochChanged, position: .sample(0)), 1...9)
        )

        machine = DeliveryStateMachine(start: .sample(0))
        #expect(machine.begin(.backlog(.other)) == .announce(.lost(.epochChanged, position: .sample(0))))
        #expect(machine.isLive)
    }

    /// A log that is trimmed while it is read, or ends before what the feed has brought, is told as a gap; what is left
    /// is sent, to who came with a position as well.
    @Test func lossesOnTheWay() {
        var machine = DeliveryStateMachine(start: .sample(5))
        _ = machine.begin(.after(.sample(2)))
        _ = machine.pageRead(.sample(3...4, head: 5))
        machine.sent(upTo: .sample(4))
        _ = machine.pageSent()
        #expect(machine.roundReceived(first: 6, end: .sample(9)) == .ignore)
        #expect(machine.outcome(of: .notRecoverable(.trimmed, head: .sample(9))) == .read(nil, after: nil))
        let gap = Recovery.lost(.trimmed, position: .sample(6))
        #expect(machine.outcome(of: .sample(7...9, head: 9)) == .send(gap, 7...9))
        machine.sent(upTo: .sample(9))
        #expect(machine.pageSent() == .goLive)
        #expect(machine.roundReceived(first: 10, end: .sample(10)) == .deliver(after: nil))

        machine = DeliveryStateMachine(start: .sample(5))
        _ = machine.begin(.after(.sample(2)))
        #expect(machine.roundReceived(first: 6, end: .sample(9)) == .ignore)
        let tooLate = Recovery.lost(.trimmed, position: .sample(5))
        #expect(
            machine.outcome(of: .notRecoverable(.trimmed, head: .sample(9)))
                == .read(tooLate, after: .sample(5))
        )
        // Nor does what came since it joined go with what was too old.
        #expect(machine.outcome(of: .notRecoverable(.trimmed, head: .sample(9))) == .read(nil, after: nil))
        #expect(machine.outcome(of: .sample(7...9, head: 9)) == .send(gap, 7...9))

        machine = DeliveryStateMachine(start: .sample(5))
        _ = machine.begin(.after(.sample(4)))
        let end = Recovery.lost(.trimmed, position: .sample(4))
        #expect(machine.outcome(of: .sample(nil, head: 4)) == .announce(end))
        #expect(machine.isLive)
    }

    /// A consumer whose log is trimmed while it is behind is told, and gets what is left.
    @Test func backlogTrimmedOnTheWay() {
        var machine = DeliveryStateMachine(start: .sample(5))
        _ = machine.begin(.backlog(nil))
        _ = machine.pageRead(.sample(1...2, head: 5))
        machine.sent(upTo: .sample(2))
        #expect(machine.pageSent() == .read(after: .sample(2)))
        #expect(machine.outcome(of: .notRecoverable(.trimmed, head: .sample(9))) == .read(nil, after: nil))
        #expect(
            machine.outcome(of: .sample(7...9, head: 9)) == .send(.lost(.trimmed, position: .sample(6)), 7...9)
        )
        machine.sent(upTo: .sample(9))
        #expect(machine.pageSent() == .goLive)
        #expect(machine.roundReceived(first: 10, end: .sample(10)) == .deliver(after: nil))
    }

    /// Who was away for too long with a position of its own, and wants what is left, gets it; of whatever log it is.
    @Test(arguments: [UnrecoverableReason.trimmed, .epochChanged, .ahead])
    func behindTooOldAPosition(reason: UnrecoverableReason) {
        var machine = DeliveryStateMachine(start: .sample(9))
        #expect(machine.begin(.behind(.sample(2))) == .read(after: .sample(2)))
        #expect(machine.outcome(of: .notRecoverable(reason, head: .sample(9))) == .read(nil, after: nil))
        let gap = Recovery.lost(Recovery.Reason(reason), position: .sample(6))
        #expect(machine.outcome(of: .sample(7...9, head: 9)) == .send(gap, 7...9))
    }

    /// A page that was read before an event came by the feed does not say that the event is lost.
    @Test func pagesMayBeOlderThanRounds() {
        var machine = DeliveryStateMachine(start: .sample(5))
        _ = machine.begin(.after(.sample(5)))
        #expect(machine.roundReceived(first: 6, end: .sample(6)) == .ignore)
        #expect(machine.outcome(of: .sample(nil, head: 5)) == .send(.recovered(from: .sample(5)), nil))
        #expect(machine.pageSent() == .read(after: .sample(5)))
        #expect(machine.outcome(of: .sample(6...6, head: 6)) == .send(nil, 6...6))
        machine.sent(upTo: .sample(6))
        #expect(machine.pageSent() == .goLive)
        #expect(machine.isLive)
    }

    /// Who joined behind an interruption has not lost anything by it: it was on its way to the client's loop.
    @Test(arguments: [UnrecoverableReason.trimmed, .epochChanged])
    func lateInterruptions(reason: UnrecoverableReason) {
        var machine = DeliveryStateMachine(start: .sample(5))
        #expect(machine.begin(nil) == .nothing)
        #expect(machine.interrupted(reason, head: .sample(4)) == .ignore)
        #expect(machine.interrupted(reason, head: .sample(5)) == .ignore)
        #expect(machine.position == .sample(5) && machine.sentPosition == nil)
        let lost = Recovery.lost(Recovery.Reason(reason), position: .sample(6))
        #expect(machine.interrupted(reason, head: .sample(6)) == .announce(lost))
        // A log that has lost what the client had says so.
        let back = Recovery.lost(.ahead, position: .sample(4))
        #expect(machine.interrupted(.ahead, head: .sample(4)) == .announce(back))
        #expect(machine.roundReceived(first: 5, end: .sample(5)) == .deliver(after: nil))
    }

    /// An interruption of the feed is told at once to who is live, and to who reads if the log is another one now.
    @Test func interruptions() {
        var machine = DeliveryStateMachine(start: .sample(5))
        _ = machine.begin(nil)
        let changed = Recovery.lost(.epochChanged, position: .other)
        #expect(machine.interrupted(.epochChanged, head: .other) == .announce(changed))
        #expect(
            machine.roundReceived(first: 4, end: Position(epoch: Position.other.epoch, offset: 4))
                == .deliver(after: nil)
        )

        machine = DeliveryStateMachine(start: .sample(5))
        _ = machine.begin(.after(.sample(2)))
        #expect(machine.interrupted(.trimmed, head: .sample(9)) == .ignore)
        _ = machine.pageRead(.sample(3...6, head: 9))
        machine.sent(upTo: .sample(6))
        // The log itself has to say what it has not.
        #expect(machine.pageSent() == .read(after: .sample(6)))
        #expect(machine.interrupted(.epochChanged, head: .other) == .announce(changed))
        #expect(machine.isLive)
        #expect(machine.outcome(of: .sample(7...9, head: 9)) == .ignore)
    }
}
