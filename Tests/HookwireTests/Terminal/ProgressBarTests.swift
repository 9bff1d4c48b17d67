// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Hookwire

/// How far a backlog is.
@Suite struct ProgressBarTests {
    /// Whatever numbers the relay says, the bar is as full as the backlog is done.
    @Test(
        arguments: [
            (0, 100, 50, "backlog [####################....................] 50/100"),
            (0, UInt64.max, UInt64.max / 2, "backlog [#########...........] 9223372036854775807/18446744073709551615"),
            (0, UInt64.max, UInt64.max, "backlog [###################] 18446744073709551615/18446744073709551615"),
            (5, 6, 5, "backlog [........................................] 0/1"),
        ] as [(UInt64, UInt64, UInt64, String)]
    )
    func text(start: UInt64, head: UInt64, reached: UInt64, text: String) throws {
        var bar = try #require(ProgressBar(from: Envelopes.position(start), to: Envelopes.position(head)))
        bar.reach(Envelopes.position(reached))
        #expect(bar.text(width: 72) == text)
    }
}
