// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

@testable import RedisBroker

/// How many reads are under way. Times are milliseconds.
@Suite struct ReadWindowTests {
    /// Takes all places that are free.
    private func takeAll(_ window: inout ReadWindow, at time: Int64) -> [ReadWindow.Place] {
        var places: [ReadWindow.Place] = []
        while let place = window.take(now: .ms(time)) { places.append(place) }
        return places
    }

    /// It begins with few places, and has one more for each quick answer while others wait.
    @Test func grows() {
        var window = ReadWindow(maximum: 6)
        var places = self.takeAll(&window, at: 0)
        #expect(places.count == 4)
        window.free(places.removeFirst(), isAnswered: true, isWanted: true, now: .ms(499))
        #expect(window.limit == 5)
        window.free(places.removeFirst(), isAnswered: true, isWanted: false, now: .ms(499))
        #expect(window.limit == 5)
        // That takes its time, and no more than it may.
        window.free(places.removeFirst(), isAnswered: true, isWanted: true, now: .ms(500))
        window.free(places.removeFirst(), isAnswered: true, isWanted: true, now: .ms(1_000))
        #expect(window.limit == 5)
        #expect(window.running == 0)
        for time in Int64(1_001)...1_010 {
            guard let place = window.take(now: .ms(time)) else {
                Issue.record("no place is free")
                return
            }
            window.free(place, isAnswered: true, isWanted: true, now: .ms(time + 1))
        }
        #expect(window.limit == 6)
    }

    /// Where answers are slow, only so many are under way as come in a second: at once, and not step by step.
    @Test func shrinks() {
        var window = ReadWindow(maximum: 32)
        for time in Int64(0)..<28 {
            guard let place = window.take(now: .ms(time)) else { break }
            window.free(place, isAnswered: true, isWanted: true, now: .ms(time))
        }
        let places = self.takeAll(&window, at: 100)
        #expect(places.count == 32)
        // One each 400 ms.
        for (index, place) in places.enumerated() {
            let time = 100 + 400 * Int64(index + 1)
            window.free(place, isAnswered: true, isWanted: true, now: .ms(time))
            // The first one was quick; the third was the first that took too long.
            #expect(window.limit == (index < 2 ? 32 : 2))
        }
        #expect(self.takeAll(&window, at: 20_000).count == 2)
    }

    /// One place is left however slow it is. An end without an answer says nothing.
    @Test func keepsOne() {
        var window = ReadWindow(maximum: 32)
        let places = self.takeAll(&window, at: 0)
        window.free(places[0], isAnswered: false, isWanted: true, now: .ms(60_000))
        window.free(places[1], isAnswered: false, isWanted: true, now: .ms(1))
        #expect(window.limit == 4)
        window.free(places[2], isAnswered: true, isWanted: true, now: .ms(60_000))
        #expect(window.limit == 1)
        // Nothing is free until no more than that are under way.
        #expect(window.take(now: .ms(60_000)) == nil)
        window.free(places[3], isAnswered: true, isWanted: true, now: .ms(60_000))
        #expect(self.takeAll(&window, at: 60_000).count == 1)
    }
}
