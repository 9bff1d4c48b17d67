// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Shared
import Testing

@Suite struct UTCTimeTextTests {
    /// A day is its first moment; leap days are days.
    @Test(arguments: [
        ("1970-01-01", 0), ("2027-01-31", 1_801_353_600_000), ("2028-02-29T23:59:59Z", 1_835_481_599_000),
    ])
    func reads(text: String, milliseconds: Int64) {
        #expect(UTCTimeText.parse(text) == milliseconds)
    }

    /// What is written is read as the same.
    @Test func roundTrip() {
        #expect(UTCTimeText.format(milliseconds: 1_835_481_599_999) == "2028-02-29T23:59:59Z")
    }

    /// Days that no month has, other forms and other zones are refused.
    @Test(arguments: [
        "", "2027", "2027-02-29", "2027-13-01", "2027-00-10", "2027-01-31T24:00:00Z", "2027-01-31T12:00:60Z",
        "31.01.2027",
        "2027-01-31T12:00:00+01:00", "2027-01-31 12:00:00Z", "2027-1-31xx", "２027-01-3",
    ])
    func refuses(text: String) {
        #expect(UTCTimeText.parse(text) == nil)
    }
}
