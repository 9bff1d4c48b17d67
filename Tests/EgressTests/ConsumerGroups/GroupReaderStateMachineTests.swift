// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Egress

/// When a lane takes events for a group's members.
@Suite struct GroupReaderStateMachineTests {
    private var machine = GroupReaderStateMachine()

    /// One take at a time, no more than there is room for, and again while there is more.
    @Test mutating func takes() {
        let first = self.machine.wanted(credit: 10)
        #expect(first == 10)
        let whileTaking = self.machine.wanted(credit: 10)
        #expect(whileTaking == nil)
        // Something came meanwhile.
        let second = self.machine.taken(.progress, credit: 7)
        #expect(second == 7)
        let third = self.machine.taken(.progress, credit: 500)
        #expect(third == GroupReaderStateMachine.pageLimit)
        // Fewer than were asked for, for they are large.
        let fourth = self.machine.taken(.progress, credit: 495)
        #expect(fourth == GroupReaderStateMachine.pageLimit)
        let last = self.machine.taken(.nothing, credit: 490)
        #expect(last == nil)
    }

    /// Without room nothing is taken, and what failed waits for the next occasion.
    @Test mutating func waits() {
        let none = self.machine.wanted(credit: 0)
        #expect(none == nil)
        _ = self.machine.wanted(credit: 1)
        _ = self.machine.wanted(credit: 1)
        let failed = self.machine.taken(.failed, credit: 1)
        #expect(failed == nil)
        let again = self.machine.wanted(credit: 1)
        #expect(again == 1)
        let full = self.machine.taken(.progress, credit: 0)
        #expect(full == nil)
    }

    /// Events are dealt one by one, to those who have room.
    @Test(arguments: [
        (5, [10, 10], [3, 2]), (5, [1, 10, 1], [1, 3, 1]), (5, [1, 1], [1, 1]), (0, [1], [0]), (3, [], []),
        (4, [0, -2, 4], [0, 0, 4]),
    ])
    func deals(count: Int, credits: [Int], shares: [Int]) {
        #expect(GroupReaderStateMachine.deal(count, to: credits) == shares)
    }
}
