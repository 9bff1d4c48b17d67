// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

@testable import RedisBroker

@Suite
struct ServerOrderTests {
    private static let start = NIODeadline.uptimeNanoseconds(1_000)

    /// Another place that is read again and again is another list; it is forgotten when it is not read any more.
    @Test func otherList() {
        var machine = ServerOrderStateMachine(count: 3, lifetime: .seconds(15))
        #expect(machine.place(of: 1) == "2/3")
        let first = machine.read("1/3", at: 1, now: Self.start)
        #expect(!first && machine.difference(now: Self.start) == nil)
        let second = machine.read("1/3", at: 1, now: Self.start + .seconds(5))
        let third = machine.read("1/3", at: 1, now: Self.start + .seconds(10))
        #expect(second && !third)
        #expect(machine.difference(now: Self.start + .seconds(20))?.index == 1)
        #expect(machine.difference(now: Self.start + .seconds(25)) == nil)
    }

    /// Its own place, none, and what a relay that was stopped left behind are nothing.
    @Test func nothing() {
        var machine = ServerOrderStateMachine(count: 2, lifetime: .seconds(15))
        for (seconds, place) in [(0, "1/1"), (5, nil), (10, "1/2"), (30, "1/1"), (60, "1/3")] as [(Int64, String?)] {
            let isNews = machine.read(place, at: 0, now: Self.start + .seconds(seconds))
            #expect(!isNews)
        }
    }
}
