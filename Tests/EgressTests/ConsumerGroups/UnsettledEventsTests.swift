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
        events.given(1, at: .sample(2), askedAt: start, now: start)
        events.given(1, at: .sample(1), askedAt: start + .seconds(5), now: start + .seconds(5))
        #expect(events.room == 0)
        #expect(events.all(now: start).map(\.position) == [.sample(1), .sample(2)])
        #expect(events.all(now: start + .seconds(10)).map(\.position) == [.sample(1)])
        events.expire(now: start + .seconds(9))
        #expect(events.room == 0)
        events.expire(now: start + .seconds(10))
        #expect(events.room == 1)
        let late = events.settle(.sample(2), now: start + .seconds(10))
        let known = events.settle(.sample(1), now: start + .seconds(14))
        let again = events.settle(.sample(1), now: start + .seconds(14))
        #expect(late == nil && known == 1 && again == nil)
        #expect(events.room == 2)
        // Its time is over, though nobody has looked since.
        events.given(1, at: .sample(3), askedAt: start, now: start)
        let overdue = events.settle(.sample(3), now: start + .seconds(10))
        #expect(overdue == nil && events.isEmpty)
    }

    /// A member's time runs from when the store was asked, and its room is free again when others had the event offered.
    @Test func slowStore() {
        var events = UnsettledEvents(limit: 2, visibility: .seconds(10))
        let start = NIODeadline.now()
        events.given(1, at: .sample(1), askedAt: start, now: start + .seconds(3))
        #expect(events.all(now: start + .seconds(9)).map(\.position) == [.sample(1)])
        #expect(events.all(now: start + .seconds(10)).isEmpty)
        events.expire(now: start + .seconds(12))
        #expect(events.room == 1)
        events.expire(now: start + .seconds(13))
        #expect(events.room == 2)
    }

    /// What comes again before it was settled counts once, with a time of its own.
    @Test func again() {
        var events = UnsettledEvents(limit: 2, visibility: .seconds(10))
        let start = NIODeadline.now()
        events.given(1, at: .sample(1), askedAt: start, now: start)
        events.given(2, at: .sample(1), askedAt: start + .seconds(8), now: start + .seconds(8))
        #expect(events.room == 1)
        events.expire(now: start + .seconds(12))
        #expect(
            events.all(now: start + .seconds(12)) == [GroupSettlement.Attempt(position: .sample(1), number: 2)]
        )
    }
}
