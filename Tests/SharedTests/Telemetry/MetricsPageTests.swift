// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

@testable import Shared

@Suite struct MetricsPageTests {
    /// Monitoring always gets the metrics as they are; a flood of requests does not have each rendered anew.
    @Test func boundsRenderings() {
        let start = NIODeadline.uptimeNanoseconds(0)
        var renderings = 0
        let page = MetricsPage(now: start) {
            renderings += 1
            return "\(renderings)"
        }
        for _ in 0..<1_000 { _ = page.text(now: start) }
        #expect(renderings == MetricsPage.rate + 1)
        #expect(String(buffer: page.text(now: start)) == "\(MetricsPage.rate + 1)")

        let later = start + .seconds(1)
        for number in 2..<10 {
            #expect(String(buffer: page.text(now: later)) == "\(MetricsPage.rate + number)")
        }
    }
}
