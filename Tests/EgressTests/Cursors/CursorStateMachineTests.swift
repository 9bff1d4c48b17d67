// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Shared
import Testing

@testable import Egress

/// When a cursor is stored.
@Suite struct CursorStateMachineTests {
    private static func expect(
        _ position: Position?,
        of machine: inout CursorStateMachine,
        location: SourceLocation = #_sourceLocation
    ) {
        let stored = machine.store()
        #expect(stored == position, sourceLocation: location)
    }

    /// It never goes back, whichever client says what it has had.
    @Test func forward() {
        var machine = CursorStateMachine()
        #expect(!machine.isBusy && machine.isNews(.sample(1)))
        machine.had(upTo: .sample(3))
        #expect(machine.isBusy && !machine.isNews(.sample(3)) && machine.isNews(.sample(4)))
        Self.expect(.sample(3), of: &machine)
        machine.storeEnded(isStored: true)
        machine.had(upTo: .sample(2))
        Self.expect(nil, of: &machine)
        #expect(!machine.isBusy)
    }

    /// One store at a time, and what failed is tried again.
    @Test func stores() {
        var machine = CursorStateMachine()
        machine.had(upTo: .sample(1))
        Self.expect(.sample(1), of: &machine)
        machine.had(upTo: .sample(2))
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
        machine.had(upTo: .sample(7))
        _ = machine.store()
        machine.storeEnded(isStored: true)
        let next = Position(epoch: Epoch(rawValue: 99), offset: 1)
        #expect(machine.isNews(next))
        machine.had(upTo: next)
        Self.expect(next, of: &machine)
    }
}
