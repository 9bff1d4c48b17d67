// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Shared
import Testing

@Suite struct DurationTextTests {
    /// A time is a whole number and a unit.
    @Test(arguments: [
        ("500ms", TimeAmount.milliseconds(500)), ("25s", .seconds(25)), ("5m", .minutes(5)), ("1h", .hours(1)),
        ("2d", .hours(48)), ("0", .zero), ("0s", .zero),
    ])
    func reads(text: String, time: TimeAmount) {
        #expect(DurationText.parse(text) == time)
    }

    /// What could be meant in two ways, or overflows, is refused.
    @Test(arguments: ["", "25", "s", "-1s", "1.5s", "1 s", "1S", "99999999999999999h", "ms"])
    func refuses(text: String) {
        #expect(DurationText.parse(text) == nil)
    }

    /// A time is written in the largest unit that leaves it whole, and read back the same.
    @Test(arguments: [TimeAmount.seconds(90), .minutes(5), .hours(24), .milliseconds(1_500), .zero])
    func writes(time: TimeAmount) {
        #expect(DurationText.parse(DurationText.format(time)) == time)
    }

    @Test func prefersLargeUnits() {
        #expect(DurationText.format(.seconds(120)) == "2m")
        #expect(DurationText.format(.seconds(90)) == "90s")
    }
}
