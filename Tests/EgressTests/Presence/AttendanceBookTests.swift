// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

@testable import Egress

/// When the board is told of a group's members.
@Suite struct AttendanceBookTests {
    private final class Somebody {}
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000)

    /// Whoever comes or goes is told at the next look, once.
    @Test func changes() {
        var book = AttendanceBook()
        let somebody = Somebody()
        book.came(ObjectIdentifier(somebody), at: 7)
        #expect(book.arrival(of: ObjectIdentifier(somebody)) == 7)
        let (first, again) = (book.isDue(now: self.start), book.isDue(now: self.start))
        #expect(first && !again)
        book.went(ObjectIdentifier(somebody))
        let afterLeave = book.isDue(now: self.start + .seconds(1))
        #expect(afterLeave && book.arrival(of: ObjectIdentifier(somebody)) == nil)
    }

    /// How far they are is told less often, and all of it again before it no longer counts.
    @Test func progressAndRenewal() {
        var book = AttendanceBook()
        _ = book.isDue(now: self.start)
        book.progressed()
        let early = book.isDue(now: self.start + AttendanceBook.progressPause - .nanoseconds(1))
        let due = book.isDue(now: self.start + AttendanceBook.progressPause)
        #expect(!early && due)
        let quiet = book.isDue(now: self.start + AttendanceBook.renewal)
        let renewed = book.isDue(now: self.start + AttendanceBook.progressPause + AttendanceBook.renewal)
        #expect(!quiet && renewed)
    }
}
