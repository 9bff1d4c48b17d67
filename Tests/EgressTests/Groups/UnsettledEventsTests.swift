// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Shared
import Testing

@testable import Egress

/// What a member of a group has to settle.
@Suite struct UnsettledEventsTests {
    /// There is room for as many as may be, and again for those that were settled or not settled in time.
    @Test func room() {
        var events = UnsettledEvents(limit: 2, visibility: .seconds(10))
        let start = NIODeadline.now()
        events.given(.sample(2), now: start)
        events.given(.sample(1), now: start + .seconds(5))
        #expect(events.room == 0)
        #expect(events.all(now: start) == [.sample(1), .sample(2)])
        #expect(events.all(now: start + .seconds(10)) == [.sample(1)])
        events.expire(now: start + .seconds(9))
        #expect(events.room == 0)
        events.expire(now: start + .seconds(10))
        #expect(events.room == 1)
        let late = events.settle(.sample(2), now: start + .seconds(10))
        let known = events.settle(.sample(1), now: start + .seconds(14))
        let again = events.settle(.sample(1), now: start + .seconds(14))
        #expect((late, known, again) == (false, true, false))
        #expect(events.room == 2)
        // Its time is over, though nobody has looked since.
        events.given(.sample(3), now: start)
        let overdue = events.settle(.sample(3), now: start + .seconds(10))
        #expect(!overdue && events.isEmpty)
    }

    /// What comes again before it was settled counts once, with a time of its own.
    @Test func again() {
        var events = UnsettledEvents(limit: 2, visibility: .seconds(10))
        let start = NIODeadline.now()
        events.given(.sample(1), now: start)
        events.given(.sample(1), now: start + .seconds(8))
        #expect(events.room == 1)
        events.expire(now: start + .seconds(12))
        #expect(events.all(now: start + .seconds(12)) == [.sample(1)])
    }
}
