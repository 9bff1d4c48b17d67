// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Shared
import Testing

@testable import Egress

/// When a client is known to have had what it was sent: when it has answered for it or, where it cannot, when its system has
/// acknowledged it.
@Suite struct ReceiptStateMachineTests {
    private static func at(_ written: UInt64, _ acknowledged: UInt64) -> Transmission {
        Transmission(written: written, acknowledged: acknowledged)
    }

    /// What was sent before a probe counts when it is answered, and what was sent since with the next one.
    @Test func probed() {
        var machine = ReceiptStateMachine(sent: .sample(3))
        var number = machine.probe()
        #expect(number == 1)
        number = machine.probe()
        #expect(number == nil)
        machine.sent(upTo: .sample(9))
        number = machine.probe()
        #expect(number == 2)
        var had = machine.probeAnswered(3)
        #expect(had == nil)
        had = machine.probeAnswered(1)
        #expect(had == .sample(3))
        had = machine.probeAnswered(1)
        #expect(had == nil)
        had = machine.probeAnswered(2)
        #expect(had == .sample(9))
        had = machine.probeAnswered(2)
        #expect(had == nil)
    }

    /// Who works as it reads answers one probe after the other, or the latest of several alone; a bounded number waits.
    @Test func probedBehind() {
        var machine = ReceiptStateMachine(sent: .sample(1))
        for number in UInt64(1)...32 {
            machine.sent(upTo: .sample(number))
            let probe = machine.probe()
            #expect(probe == number)
        }
        machine.sent(upTo: .sample(33))
        var probe = machine.probe()
        #expect(probe == nil)
        var had = machine.probeAnswered(1)
        #expect(had == .sample(1))
        had = machine.probeAnswered(20)
        #expect(had == .sample(20))
        had = machine.probeAnswered(5)
        #expect(had == nil)
        probe = machine.probe()
        #expect(probe == 33)
        had = machine.probeAnswered(33)
        #expect(had == .sample(33))
    }

    /// A probe without an answer is sent again, with its number: what answers either answers for what was before the first.
    @Test func probedAgain() {
        var machine = ReceiptStateMachine(sent: .sample(3))
        var numbers: [UInt64?] = []
        for _ in 0..<21 { numbers.append(machine.probe()) }
        #expect(numbers.indices.filter { numbers[$0] != nil } == [0, 10, 20])
        #expect(Set(numbers.compactMap(\.self)) == [1])
        machine.sent(upTo: .sample(4))
        let had = (machine.probeAnswered(1), machine.probeAnswered(1))
        #expect(had.0 == .sample(3) && had.1 == nil)
    }

    /// What was written counts when it has been acknowledged, however much has been written since.
    @Test func acknowledged() {
        var machine = ReceiptStateMachine(sent: .sample(3))
        var had = machine.look(at: Self.at(100, 40), queued: 0)
        #expect(had == nil)
        machine.sent(upTo: .sample(9))
        had = machine.look(at: Self.at(400, 99), queued: 0)
        #expect(had == nil)
        had = machine.look(at: Self.at(500, 100), queued: 0)
        #expect(had == .sample(3))
        had = machine.look(at: Self.at(600, 500), queued: 0)
        #expect(had == .sample(9))
    }

    /// All that was written has been acknowledged.
    @Test func complete() {
        var machine = ReceiptStateMachine(sent: .sample(3))
        let had = machine.look(at: Self.at(500, 500), queued: 0)
        #expect(had == .sample(3))
    }

    /// What is not with the system yet counts when that and what was queued before it has been acknowledged, so that a client
    /// that never catches up moves its cursor too.
    @Test func queued() {
        var machine = ReceiptStateMachine(sent: .sample(3))
        var had = machine.look(at: Self.at(100, 100), queued: 64)
        #expect(had == nil)
        machine.sent(upTo: .sample(9))
        had = machine.look(at: Self.at(200, 164), queued: 640)
        #expect(had == nil)
        had = machine.look(at: Self.at(300, 165), queued: 640)
        #expect(had == .sample(3))
    }

    /// A connection that takes no more is looked at for what was marked on it, and no further.
    @Test func lastLook() {
        var machine = ReceiptStateMachine(sent: .sample(3))
        _ = machine.look(at: Self.at(100, 50), queued: 0)
        machine.sent(upTo: .sample(9))
        var had = machine.look(at: Self.at(200, 100), queued: nil)
        #expect(had == .sample(3))
        had = machine.look(at: Self.at(200, 200), queued: nil)
        #expect(had == nil)
    }

    /// Where the system does not say what was acknowledged, what it was given counts.
    @Test func untold() {
        var machine = ReceiptStateMachine(sent: .sample(3))
        var had = machine.look(at: nil, queued: 64)
        #expect(had == nil)
        had = machine.look(at: nil, queued: 0)
        #expect(had == .sample(3))
    }
}
