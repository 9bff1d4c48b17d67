// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

@testable import Egress

@Suite struct TimeSliceTests {
    /// A slice is over at the first look at the clock that finds its time up, and stays so.
    @Test func time() {
        var now = NIODeadline.uptimeNanoseconds(5)
        var slice = TimeSlice(.nanoseconds(10), stride: 1, firstStride: 1) { now }
        slice.spend(1)
        now = .uptimeNanoseconds(14)
        slice.spend(1)
        #expect(!slice.isOver)
        now = .uptimeNanoseconds(15)
        slice.spend(1)
        #expect(slice.isOver)
        slice.spend(1)
        #expect(slice.isOver)
    }

    /// The clock is looked at once enough has been spent, and not for each of many small writes.
    @Test func looks() {
        var looks = 0
        var slice = TimeSlice(.seconds(1), stride: 8, firstStride: 2) {
            looks += 1
            return .now()
        }
        slice.spend(1)
        #expect(looks == 0)
        slice.spend(1)
        #expect(looks == 1)
        for _ in 1...7 { slice.spend(1) }
        #expect(looks == 1)
        slice.spend(1)
        #expect(looks == 2)
        for _ in 1...3 { slice.spend(TimeSlice.cost(ofBytes: 32 << 10)) }
        #expect(looks == 5)
    }

    /// Every write costs something, and one of many bytes more.
    @Test func costs() {
        #expect(TimeSlice.cost(ofBytes: 0) == 1)
        #expect(TimeSlice.cost(ofBytes: 600) == 1)
        #expect(TimeSlice.cost(ofBytes: 20 << 10) == 6)
    }
}
