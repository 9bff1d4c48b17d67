// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// When a group's members joined, and when their report is due. A pure structure; the clock is passed in.
struct PresenceReportSchedule {
    /// Joins and leaves are reported at the next check; progress less often.
    static let progressPause = TimeAmount.seconds(5)
    /// A report is renewed while nothing changes, well before it expires.
    static let renewal = TimeAmount.milliseconds(PresenceReport.lifetime / 3)

    private var arrivals: [ObjectIdentifier: Int64] = [:]
    private var hasChanged = false
    private var hasProgressed = false
    private var lastPost: NIODeadline?

    /// A member joined.
    ///
    /// - Parameter time: in milliseconds since 1970.
    mutating func came(_ member: ObjectIdentifier, at time: Int64) {
        self.arrivals[member] = time
        self.hasChanged = true
    }

    /// A member left.
    mutating func went(_ member: ObjectIdentifier) {
        self.arrivals[member] = nil
        self.hasChanged = true
    }

    /// Events were delivered.
    mutating func progressed() {
        self.hasProgressed = true
    }

    /// When a member joined, in milliseconds since 1970.
    func arrival(of member: ObjectIdentifier) -> Int64? {
        self.arrivals[member]
    }

    /// Whether a report was ever posted.
    var isTold: Bool { self.lastPost != nil }

    /// Whether a report is due now; it is then considered posted.
    mutating func isDue(now: NIODeadline) -> Bool {
        let pause: TimeAmount = self.hasChanged ? .zero : self.hasProgressed ? Self.progressPause : Self.renewal
        if let lastPost, now - lastPost < pause { return false }
        self.lastPost = now
        self.hasChanged = false
        self.hasProgressed = false
        return true
    }
}
