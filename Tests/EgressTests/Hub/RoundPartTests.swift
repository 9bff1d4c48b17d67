// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Shared
import Testing

@testable import Egress

@Suite struct RoundPartTests {
    /// Of the events 4 to 6 a client gets those that it has not had.
    @Test(
        arguments: [
            (0, .events(after: nil)), (3, .events(after: nil)), (4, .events(after: 4)), (5, .events(after: 5)),
            (6, .nothing), (9, .nothing),
        ] as [(UInt64, RoundPart)]
    )
    func isWhatTheClientHasNotHad(offset: UInt64, part: RoundPart) {
        #expect(RoundPart(after: .sample(offset), first: 4, end: .sample(6)) == part)
    }

    /// Who was in another log has had none of this one's.
    @Test func anotherLog() {
        #expect(RoundPart(after: .other, first: 4, end: .sample(6)) == .events(after: nil))
    }
}
