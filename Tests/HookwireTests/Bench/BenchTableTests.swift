// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Hookwire

@Suite struct BenchTableTests {
    /// Figures have three digits that count, or all before the point.
    @Test(arguments: [
        (0.0, "0.00"), (4.367, "4.37"), (9.994, "9.99"), (9.996, "10.0"), (43.67, "43.7"), (99.96, "100"),
        (43_712.4, "43712"), (-4.367, "-4.37"), (0.004, "0.00"),
    ])
    func numbers(value: Double, text: String) {
        #expect(BenchTable.number(value) == text)
    }

    /// Latencies are shown to the microsecond while they are short.
    @Test(arguments: [(0.0414, "0.041"), (1.0, "1.000"), (9.9996, "10.0"), (123.4, "123")])
    func latencies(value: Double, text: String) {
        #expect(BenchTable.milliseconds(value) == text)
    }
}
