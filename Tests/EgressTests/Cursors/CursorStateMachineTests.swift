// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Shared
import Testing

@testable import Egress

/// When a cursor moves: behind what a client's system has acknowledged, and at once when a client says goodbye.
@Suite struct CursorStateMachineTests {
    private static func at(_ written: UInt64, _ acknowledged: UInt64) -> Transmission {
        Transmission(written: written, acknowledged: acknowledged)
    }

    private static func expect(
        _ position: Position?,
        of machine: inout CursorStateMachine,
        location: SourceLocation = #_sourceLocation
    ) {
        let stored = machine.store()
        #expect(stored == position, sourceLocation: location)
    }

    /// What was written counts when it has been acknowledged, however much has been written since.
    @Test func acknowledged() {
        var machine = CursorStateMachine()
        #expect(!machine.isBusy)
        let isNews = (machine.sent(upTo: .sample(3)), machine.sent(upTo: .sample(2)))
        #expect(isNews == (true, false))
        machine.look(at: Self.at(100, 40), queued: 0)
        Self.expect(nil, of: &machine)
        #expect(machine.isBusy)
        _ = machine.sent(upTo: .sample(9))
        machine.look(at: Self.at(400, 99), queued: 0)
        Self.expect(nil, of: &machine)
        machine.look(at: Self.at(500, 100), queued: 0)
        Self.expect(.sample(3), of: &machine)
        machine.storeEnded(isStored: true)
        machine.look(at: Self.at(500, 500), queued: 0)
        Self.expect(.sample(9), of: &machine)
        machine.storeEnded(isStored: true)
        #expect(!machine.isBusy)
    }

    /// What is not with the system yet counts when that and what was queued before it has been acknowledged, so that a client
    /// that never catches up moves its cursor too.
    @Test func queued() {
        var machine = CursorStateMachine()
        _ = machine.sent(upTo: .sample(3))
        machine.look(at: Self.at(100, 100), queued: 64)
        Self.expect(nil, of: &machine)
        _ = machine.sent(upTo: .sample(9))
        machine.look(at: Self.at(200, 164), queued: 640)
        Self.expect(nil, of: &machine)
        machine.look(at: Self.at(300, 165), queued: 640)
        Self.expect(.sample(3), of: &machine)
    }

    /// A connection that takes no more is looked at for what was marked on it, and no further.
    @Test func lastLook() {
        var machine = CursorStateMachine()
        _ = machine.sent(upTo: .sample(3))
        machine.look(at: Self.at(100, 50), queued: 0)
        _ = machine.sent(upTo: .sample(9))
        machine.look(at: Self.at(200, 100), queued: nil)
        machine.connectionEnded()
        Self.expect(.sample(3), of: &machine)
    }

    /// Where the system does not say what was acknowledged, what it was given counts.
    @Test func untold() {
        var machine = CursorStateMachine()
        _ = machine.sent(upTo: .sample(3))
        machine.look(at: nil, queued: 64)
        Self.expect(nil, of: &machine)
        machine.look(at: nil, queued: 0)
        Self.expect(.sample(3), of: &machine)
    }

    /// A connection that broke takes what was not acknowledged with it; one that said goodbye has had everything.
    @Test func ends() {
        var machine = CursorStateMachine()
        _ = machine.sent(upTo: .sample(3))
        machine.look(at: Self.at(100, 40), queued: 0)
        machine.connectionEnded()
        machine.look(at: Self.at(0, 100), queued: 0)
        Self.expect(nil, of: &machine)
        #expect(!machine.isBusy)
        _ = machine.sent(upTo: .sample(3))
        machine.saidGoodbye(at: .sample(3))
        Self.expect(.sample(3), of: &machine)
        machine.storeEnded(isStored: true)
        machine.saidGoodbye(at: .sample(2))
        Self.expect(nil, of: &machine)
    }

    /// One store at a time, and what failed is tried again.
    @Test func stores() {
        var machine = CursorStateMachine()
        machine.saidGoodbye(at: .sample(1))
        Self.expect(.sample(1), of: &machine)
        machine.saidGoodbye(at: .sample(2))
        Self.expect(nil, of: &machine)
        machine.storeEnded(isStored: false)
        #expect(machine.isBusy)
        Self.expect(.sample(2), of: &machine)
        machine.storeEnded(isStored: true)
        #expect(!machine.isBusy)
    }

    /// A new epoch counts anew.
    @Test func epochs() {
        var machine = CursorStateMachine()
        machine.saidGoodbye(at: .sample(7))
        _ = machine.store()
        machine.storeEnded(isStored: true)
        let next = Position(epoch: Epoch(rawValue: 99), offset: 1)
        _ = machine.sent(upTo: next)
        machine.look(at: Self.at(10, 10), queued: 0)
        Self.expect(next, of: &machine)
    }
}
