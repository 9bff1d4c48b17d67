// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

@testable import Egress

/// For how long a member is not given what was refused.
@Suite struct RefusalPauseTests {
    /// Twice as long behind each attempt, up to a bound; what an address may ask for overflows nothing.
    @Test(arguments: [(1, 3), (2, 6), (3, 12), (4, 24), (5, 24), (1_000_000, 24)] as [(Int, Int64)])
    func length(attempt: Int, seconds: Int64) {
        #expect(RefusalPause.length(behind: attempt) == .seconds(seconds))
    }

    /// The longest holds as long as one of them lasts.
    @Test func longest() {
        let start = NIODeadline.now()
        var pause = RefusalPause(attempt: 2, now: start)
        pause.refused(attempt: 1, now: start + .seconds(1))
        #expect(pause.length == .seconds(6) && !pause.isOver(now: start + .seconds(5)))
        pause.refused(attempt: 1, now: start + .seconds(5))
        #expect(pause.length == .seconds(6))
        #expect(!pause.isOver(now: start + .seconds(7)) && pause.isOver(now: start + .seconds(8)))
    }
}
