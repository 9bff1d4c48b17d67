// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

@testable import Hookwire

@Suite struct LoadScheduleTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000)

    /// Nothing is sent before it is due, and nothing after the last event.
    @Test func givesWhatIsDue() {
        var schedule = LoadSchedule(start: self.start, perSecond: 1_000, count: 2)
        #expect(schedule.take(now: self.start - .nanoseconds(1)) == nil)
        #expect(schedule.take(now: self.start) == self.start)
        #expect(schedule.take(now: self.start) == nil)
        #expect(schedule.nextTime == self.start + .milliseconds(1))
        #expect(schedule.remaining == 1)
        #expect(schedule.take(now: self.start + .seconds(1)) == self.start + .milliseconds(1))
        #expect(schedule.take(now: self.start + .seconds(1)) == nil)
        #expect(schedule.nextTime == nil)
        #expect(schedule.remaining == 0)
    }

    /// What is sent late keeps the time at which it was due, so that a stall is charged to every event it held up.
    @Test func lateEventsKeepTheirTime() {
        var schedule = LoadSchedule(start: self.start, perSecond: 100, count: 100)
        let stalled = self.start + .milliseconds(500)
        var times: [NIODeadline] = []
        while let time = schedule.take(now: stalled) { times.append(time) }
        #expect(times.count == 51)
        #expect(times.first == self.start)
        #expect(times.last == stalled)
    }

    /// An odd rate does not drift: the last of many events is where it belongs, to the microsecond.
    @Test func doesNotDrift() {
        var schedule = LoadSchedule(start: self.start, perSecond: 3_000, count: 3_000_001)
        var last: NIODeadline?
        while let time = schedule.take(now: .distantFuture) { last = time }
        let error = last.map { ($0 - (self.start + .seconds(1_000))).nanoseconds } ?? .max
        #expect(abs(error) < 1_000)
    }

    /// Several loops together send every event once, each at its time.
    @Test(arguments: [1, 2, 3, 7], [0, 1, 6, 100])
    func sharesCoverAll(loops: Int, count: Int) {
        let whole = LoadSchedule(start: self.start, perSecond: 1_000, count: count)
        var times: [NIODeadline] = []
        for index in 0..<loops {
            var share = whole.share(index, of: loops)
            while let time = share.take(now: .distantFuture) { times.append(time) }
        }
        times.sort()
        #expect(times.count == count)
        for (index, time) in times.enumerated() {
            let error = (time - (self.start + .milliseconds(Int64(index)))).nanoseconds
            #expect(abs(error) <= 1)
        }
    }
}
