// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

@testable import Egress

/// When the store is told of a group's members.
@Suite struct PresenceReportScheduleTests {
    private final class Somebody {}
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000)

    /// Whoever comes or goes is told at the next look, once.
    @Test func changes() {
        var schedule = PresenceReportSchedule()
        let somebody = Somebody()
        schedule.came(ObjectIdentifier(somebody), at: 7)
        #expect(schedule.arrival(of: ObjectIdentifier(somebody)) == 7)
        let (first, again) = (schedule.isDue(now: self.start), schedule.isDue(now: self.start))
        #expect(first && !again)
        schedule.went(ObjectIdentifier(somebody))
        let afterLeave = schedule.isDue(now: self.start + .seconds(1))
        #expect(afterLeave && schedule.arrival(of: ObjectIdentifier(somebody)) == nil)
    }

    /// How far they are is told less often, and all of it again before it no longer counts.
    @Test func progressAndRenewal() {
        var schedule = PresenceReportSchedule()
        _ = schedule.isDue(now: self.start)
        schedule.progressed()
        let early = schedule.isDue(now: self.start + PresenceReportSchedule.progressPause - .nanoseconds(1))
        let due = schedule.isDue(now: self.start + PresenceReportSchedule.progressPause)
        #expect(!early && due)
        let quiet = schedule.isDue(now: self.start + PresenceReportSchedule.renewal)
        let renewed = schedule.isDue(
            now: self.start + PresenceReportSchedule.progressPause + PresenceReportSchedule.renewal
        )
        #expect(!quiet && renewed)
    }
}
