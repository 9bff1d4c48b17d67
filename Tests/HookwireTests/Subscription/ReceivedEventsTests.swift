// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Shared
import Testing

@testable import Hookwire

/// What a subscription has received: what is new, and where it goes on.
@Suite struct ReceivedEventsTests {
    private static let noon: Int64 = 1_769_860_800_000

    /// An event of a second after noon, whose id is its position where it has none of its own.
    private static func event(_ offset: UInt64, epoch: UInt64 = 1, second: Int, data: Int = 0) -> ReceivedEvent {
        Envelopes.event(
            offset,
            epoch: epoch,
            more: #","time":"2026-01-31T12:00:0\#(second).000Z""#,
            data: #","data":{"n":\#(data)}"#
        )
    }

    /// What comes again after a reconnect is known; a log that began anew is new.
    @Test(arguments: [false, true])
    func positions(knowsContents: Bool) {
        var events = ReceivedEvents(knowsContents: knowsContents)
        #expect(events.receive(Envelopes.event(5), now: 0) == true)
        #expect(events.receive(Envelopes.event(4), now: 0) == false)
        #expect(events.receive(Envelopes.event(5), now: 0) == false)
        #expect(events.receive(Envelopes.event(8), now: 0) == true)
        #expect(events.receive(Envelopes.event(1, epoch: 2), now: 0) == true)
        #expect(events.position == Envelopes.position(1, epoch: 2))
    }

    /// A log that has the old events again under new positions has nothing new with them, in whatever order; twins of one
    /// log are two.
    @Test func contents() {
        var events = ReceivedEvents(knowsContents: true)
        var other = ReceivedEvents(knowsContents: false)
        let (first, twin) = (Self.event(7, second: 1), Self.event(8, second: 1))
        #expect(events.receive(first, now: Self.noon) == true)
        #expect(other.receive(first, now: Self.noon) == true)
        #expect(events.receive(twin, now: Self.noon) == true)
        #expect(other.receive(twin, now: Self.noon) == true)
        #expect(events.receive(Self.event(1, epoch: 2, second: 2, data: 1), now: Self.noon) == true)
        let again = Self.event(7, epoch: 2, second: 1)
        #expect(events.receive(again, now: Self.noon) == false)
        #expect(other.receive(again, now: Self.noon) == true)
        #expect(events.position == Envelopes.position(7, epoch: 2))
        #expect(events.receive(Self.event(8, epoch: 2, second: 1, data: 1), now: Self.noon) == true)
    }

    /// Only so many are known by what they are.
    @Test func limit() {
        var events = ReceivedEvents(knowsContents: true)
        for number in 0...ReceivedEvents.limit {
            #expect(events.receive(Self.event(UInt64(number) + 1, second: 1, data: number), now: Self.noon) == true)
        }
        #expect(events.receive(Self.event(1, epoch: 2, second: 1, data: 0), now: Self.noon) == true)
        let last = ReceivedEvents.limit
        #expect(events.receive(Self.event(UInt64(last) + 1, epoch: 2, second: 1, data: last), now: Self.noon) == false)
    }

    /// How long ago what is missing may have come: since the last event came to the relay, or here where that was earlier.
    @Test func age() {
        var events = ReceivedEvents(knowsContents: true)
        #expect(events.age(now: Self.noon) == nil)
        _ = events.receive(Self.event(1, second: 1), now: Self.noon + 60_000)
        #expect(events.age(now: Self.noon + 61_000) == 60_000 + ReceivedEvents.allowance)
        _ = events.receive(Self.event(2, second: 9), now: Self.noon)
        #expect(events.age(now: Self.noon + 5_000) == 5_000 + ReceivedEvents.allowance)
        #expect(events.age(now: Self.noon - 5_000) == ReceivedEvents.allowance)
    }

    /// The relay says how far it is where no event does; what it is behind of is known, and it never goes back.
    @Test func reached() {
        var events = ReceivedEvents(knowsContents: true)
        events.reached(Envelopes.position(4))
        #expect(events.position == Envelopes.position(4) && events.age(now: Self.noon) == nil)
        #expect(events.receive(Envelopes.event(4), now: 0) == false)
        #expect(events.receive(Envelopes.event(5), now: 0) == true)
        events.reached(Envelopes.position(3))
        #expect(events.position == Envelopes.position(5))
        events.losePosition()
        events.reached(Envelopes.position(5))
        #expect(events.isPositionLost)
        events.reached(Envelopes.position(2, epoch: 2))
        #expect(!events.isPositionLost && events.position == Envelopes.position(2, epoch: 2))
    }

    /// A lost position is of use again with the next event.
    @Test func lostPosition() {
        var events = ReceivedEvents(knowsContents: true)
        _ = events.receive(Envelopes.event(1), now: 0)
        events.losePosition()
        #expect(events.isPositionLost)
        #expect(events.receive(Envelopes.event(1), now: 0) == false)
        #expect(events.isPositionLost)
        #expect(events.receive(Envelopes.event(1, epoch: 2), now: 0) == true)
        #expect(!events.isPositionLost)
    }
}
