// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

@testable import RedisBroker

/// When the map of slots is asked for, as scripts.
@Suite struct SlotRefreshStateMachineTests {
    private var random = SystemRandomNumberGenerator()
    private var machine = SlotRefreshStateMachine()

    /// The first question goes out at once, and there is one at a time.
    @Test mutating func single() {
        #expect(self.machine.tick(now: .ms(1_000)) == true)
        #expect(self.machine.tick(now: .ms(9_000)) == false)
        self.machine.finished(.changed, now: .ms(9_000), using: &self.random)
        #expect(self.machine.tick(now: .ms(9_500)) == false)
    }

    /// However many redirections come at once and while the map is asked for, they make two questions at most.
    @Test mutating func noStorm() {
        #expect(self.machine.tick(now: .ms(0)) == true)
        self.machine.finished(.changed, now: .ms(0), using: &self.random)
        var questions = 0
        for time in Int64(1_000)..<3_000 {
            if time < 1_100 { for _ in 0..<1_000 { self.machine.wanted() } }
            guard self.machine.tick(now: .ms(time)) else { continue }
            questions += 1
            // It is answered a while later: what came meanwhile asks once more.
            for _ in 0..<1_000 { self.machine.wanted() }
            self.machine.finished(.changed, now: .ms(time + 50), using: &self.random)
            if time > 1_100 { break }
        }
        #expect(questions <= 2)
    }

    /// While nothing comes of it, pauses grow to the longest; behind quiet times they are short again.
    @Test mutating func backOff() {
        var times: [Int64] = []
        for time in Int64(0)..<20_000 where self.machine.tick(now: .ms(time)) {
            times.append(time)
            self.machine.finished(.failed, now: .ms(time), using: &self.random)
        }
        #expect((20...45).contains(times.count), "\(times)")
        #expect(times[1] - times[0] <= 100)
        #expect(times[times.count - 1] - times[times.count - 2] >= 500)
        while !self.machine.tick(now: .ms(25_000)) {}
        self.machine.finished(.unchanged, now: .ms(25_000), using: &self.random)
        self.machine.wanted()
        #expect(self.machine.tick(now: .ms(25_100)) == true)
    }

    /// Where it is wanted at every tick, as long as slots are served by nobody, it is asked for about once a second, and
    /// what comes of it is known within a second.
    @Test mutating func wantedForLong() {
        var times: [Int64] = []
        for time in stride(from: Int64(0), to: 60_000, by: 50) {
            self.machine.wanted()
            guard self.machine.tick(now: .ms(time)) else { continue }
            times.append(time)
            self.machine.finished(.unchanged, now: .ms(time), using: &self.random)
        }
        #expect((55...130).contains(times.count), "\(times)")
        #expect(zip(times.dropFirst(), times).allSatisfy { $0 - $1 <= 1_050 }, "\(times)")
    }

    /// Nobody has to ask: the map is looked at now and then, not by all nodes at the same time.
    @Test mutating func unasked() {
        #expect(self.machine.tick(now: .ms(0)) == true)
        self.machine.finished(.unchanged, now: .ms(0), using: &self.random)
        #expect(self.machine.tick(now: .ms(14_999)) == false)
        #expect(self.machine.tick(now: .ms(30_000)) == true)
    }
}
