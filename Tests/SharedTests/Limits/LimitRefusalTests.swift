// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

@testable import Shared

@Suite struct LimitRefusalTests {
    /// When to come back is in whole seconds, never too early, and however far away.
    @Test(arguments: [
        (TimeAmount.zero, "1"), (.nanoseconds(1), "1"), (.seconds(1), "1"), (.nanoseconds(1_000_000_001), "2"),
        (.nanoseconds(.max), "9223372037"),
    ])
    func seconds(time: TimeAmount, text: String) {
        #expect(LimitRefusal.seconds(time) == text)
    }
}
