// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

@testable import Egress

@Suite struct TurnQueueTests {
    /// Gives turns in slices of so many units; a group goes on until its work is done or the slice is over.
    private func run(_ queue: inout TurnQueue<String>, _ work: inout [String: Int], slice: Int = 4) -> [String] {
        var turns: [String] = []
        let makeSlice = {
            let clock = TickingClock()
            return TimeSlice(.nanoseconds(Int64(slice - 1)), stride: 1, firstStride: 1) { clock.tick() }
        }
        queue.run(
            freshSlice: makeSlice,
            slice: makeSlice,
            turn: { group, slice in
                turns.append(group)
                while work[group, default: 0] > 0, !slice.isOver {
                    work[group, default: 0] -= 1
                    slice.spend(1)
                }
                return work[group] == 0
            }
        )
        return turns
    }

    /// What comes new goes before what did not get through.
    @Test func newOnesGoFirst() {
        var queue = TurnQueue<String>()
        var work = ["large": 100]
        queue.add("large", isSmall: true)
        #expect(self.run(&queue, &work) == ["large"])
        work["small"] = 1
        queue.add("small", isSmall: true)
        #expect(self.run(&queue, &work) == ["small", "large"])
        #expect(work == ["large": 92, "small": 0])
    }

    /// What is not through soon waits for what is from the beginning, and does not take its slice.
    @Test func smallOnesGoFirst() {
        var queue = TurnQueue<String>()
        var work = ["large": 100, "small": 4]
        queue.add("large", isSmall: false)
        #expect(queue.hasUnfinished)
        queue.add("small", isSmall: true)
        #expect(self.run(&queue, &work) == ["small", "large"])
        #expect(work == ["large": 96, "small": 0])
    }

    /// However many come new, those that did not get through go on by a slice each time.
    @Test func othersGoOn() {
        var queue = TurnQueue<String>()
        var work = ["large": 12]
        queue.add("large", isSmall: true)
        _ = self.run(&queue, &work)
        for round in 1...2 {
            for number in 1...9 {
                work["\(round).\(number)"] = 1
                queue.add("\(round).\(number)", isSmall: true)
            }
            _ = self.run(&queue, &work)
        }
        #expect(work["large"] == 0)
    }

    /// Those that did not get through share their slices in turn, and nobody has more than one turn in a run.
    @Test func othersTakeTurns() {
        var queue = TurnQueue<String>()
        var work = ["a": 8, "b": 8, "c": 3]
        for name in ["a", "b", "c"] { queue.add(name, isSmall: true) }
        var turns: [[String]] = []
        while !queue.isEmpty { turns.append(self.run(&queue, &work)) }
        #expect(turns == [["a"], ["b", "a"], ["c", "b"]])
        #expect(work == ["a": 0, "b": 0, "c": 0])
    }
}
