// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Shared
import Testing

@testable import Egress

/// How much of the log a client is sent before it has read what was before.
@Suite struct DeliveryWindowTests {
    /// A window, a clock that moves by hand, and what was sent.
    private struct Script {
        var window = DeliveryWindow()
        var now = NIODeadline.uptimeNanoseconds(1_000_000_000_000)
        var offset: UInt64 = 0

        /// Sends all there is room for; returns how many that were, and the probe behind them.
        mutating func fill() -> (count: Int, probe: UInt64?) {
            let count = self.window.room
            self.offset += UInt64(count)
            return (count, self.window.sent(count, upTo: .sample(self.offset), now: self.now))
        }

        mutating func answer(_ probe: UInt64?, after time: TimeAmount) -> Position? {
            self.now = self.now + time
            return probe.flatMap { self.window.answered($0, now: self.now) }
        }
    }

    /// As long as probes are answered at once it grows, up to a bound; nothing is sent before the answer.
    @Test func quickClient() {
        var script = Script()
        for expected in [4, 8, 16, 32, 64, 128, 256, 512, 1_024, 2_048, 4_096, 4_096] {
            let (count, probe) = script.fill()
            #expect(count == expected && script.window.room == 0)
            #expect(probe.map(DeliveryWindow.owns) == true)
            let read = script.answer(probe, after: .milliseconds(900))
            #expect(read == .sample(script.offset))
        }
    }

    /// It shrinks to what a client reads in some two seconds, be that one event.
    @Test func slowClient() {
        var script = Script()
        var counts: [Int] = []
        for _ in 0..<6 {
            let (count, probe) = script.fill()
            counts.append(count)
            _ = script.answer(probe, after: .milliseconds(700 * Int64(count)))
        }
        #expect(counts == [4, 2, 2, 2, 2, 2])
        for _ in 0..<4 {
            let (_, probe) = script.fill()
            _ = script.answer(probe, after: .seconds(9))
        }
        #expect(script.window.room == 1)
    }

    /// What is sent in parts is probed where the window ends; an answer to another probe is none.
    @Test func parts() {
        var window = DeliveryWindow()
        let now = NIODeadline.uptimeNanoseconds(1)
        var probe = window.sent(3, upTo: .sample(3), now: now)
        #expect(probe == nil && window.room == 1)
        probe = window.sent(1, upTo: .sample(4), now: now)
        let wrong = window.answered((probe ?? 0) + 1, now: now)
        #expect(wrong == nil && window.room == 0)
        let read = probe.flatMap { window.answered($0, now: now) }
        #expect(read == .sample(4) && window.room == 8)
        let again = probe.flatMap { window.answered($0, now: now) }
        #expect(again == nil)
    }

    /// A client that answers no probe gets everything at once, and one that has answered one never does.
    @Test func silentClient() {
        var silent = Script()
        let asked = silent.fill().probe
        for _ in 0..<3 {
            silent.now = silent.now + DeliveryWindow.nextLook
            let look = silent.window.look(now: silent.now)
            #expect(look == asked.map { .probe($0) } && silent.window.room == 0)
        }
        silent.now = silent.now + DeliveryWindow.nextLook
        let last = silent.window.look(now: silent.now)
        #expect(last == .nothing && silent.window.room == .max)
        let probe = silent.window.sent(9_999, upTo: .sample(9_999), now: silent.now)
        #expect(probe == nil && silent.window.room == .max)
        var slow = Script()
        let first = slow.fill().probe
        _ = slow.answer(first, after: .seconds(9))
        let unasked = slow.window.look(now: slow.now)
        let second = slow.fill().probe
        let again = slow.window.look(now: slow.now + .hours(1))
        #expect(unasked == .nothing && again == second.map { .probe($0) } && slow.window.room == 0)
    }
}
