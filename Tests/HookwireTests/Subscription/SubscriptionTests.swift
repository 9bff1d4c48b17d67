// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Hookwire

/// Where a subscription goes on after its connection was lost.
@Suite struct SubscriptionTests {
    private static let position = Envelopes.position(7)

    /// Behind what came; and where nothing has come, from the place in time where it began, however long ago that is.
    @Test(arguments: [
        (Subscription.Start.live, Subscription.Start.since("60000ms")), (.since("3s"), .since("63000ms")),
        (.after(Self.position), .after(Self.position)),
    ])
    func resumed(start: Subscription.Start, expected: Subscription.Start) {
        let subscription = Subscription(start: start)
        #expect(subscription.resumed(behind: nil, openFor: nil).start == start)
        #expect(subscription.resumed(behind: nil, openFor: 60_000).start == expected)
        #expect(subscription.resumed(behind: Self.position, openFor: 60_000).start == .after(Self.position))
    }

    /// A consumer's place is the relay's, from the first connection on: what that began behind is not asked for again,
    /// and again where it cannot be had.
    @Test(arguments: [Subscription.Start.live, .since("3s"), .after(Self.position), .cursor])
    func consumers(start: Subscription.Start) {
        let subscription = Subscription(start: start, consumer: "a")
        #expect(subscription.resumed(behind: nil, openFor: nil).start == start)
        #expect(subscription.resumed(behind: nil, openFor: 60_000).start == .cursor)
        #expect(subscription.resumed(behind: nil, openFor: 60_000, missing: 60_000).start == .cursor)
        #expect(subscription.resumed(behind: Self.position, openFor: 60_000).start == .cursor)
    }

    /// Where the position is lost, from the time of what is missing on, but no longer ago than what was asked for first. A
    /// consumer's place is the relay's all the same.
    @Test(arguments: [
        (Subscription.Start.live, Int64(5_000), "5000ms"), (.live, 90_000, "60000ms"),
        (.since("3s"), 90_000, "63000ms"),
        (.after(Self.position), 90_000, "90000ms"), (.after(Self.position), .max, "31622400000ms"),
        (.after(Self.position), -1, "1ms"),
    ])
    func lostPosition(start: Subscription.Start, missing: Int64, time: String) {
        let subscription = Subscription(start: start)
        let resumed = subscription.resumed(behind: Self.position, openFor: 60_000, missing: missing)
        #expect(resumed.start == .since(time) && resumed.query == "since=\(time)&backlog=off")
        let consumer = Subscription(start: start, consumer: "a")
        #expect(consumer.resumed(behind: Self.position, openFor: 60_000, missing: missing).start == .cursor)
    }

    /// A clock that was set makes no time that nobody can ask for.
    @Test(arguments: [(Int64(-5_000), "1ms"), (.max, "31622400000ms")])
    func clocks(away: Int64, time: String) {
        #expect(Subscription(start: .live).resumed(behind: nil, openFor: away).start == .since(time))
    }
}
