// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// When a group's members came, and when the board is to be told of them. A pure structure; the clock is passed in.
struct AttendanceBook {
    /// Whoever comes or goes is told at the next look; how far they are, less often.
    static let progressPause = TimeAmount.seconds(5)
    /// A sheet is renewed while nothing happens, well before it no longer counts.
    static let renewal = TimeAmount.milliseconds(PresenceSheet.lifetime / 3)

    private var arrivals: [ObjectIdentifier: Int64] = [:]
    private var hasChanged = false
    private var hasProgressed = false
    private var lastPost: NIODeadline?

    /// Somebody came.
    ///
    /// - Parameter time: in milliseconds since 1970.
    mutating func came(_ member: ObjectIdentifier, at time: Int64) {
        self.arrivals[member] = time
        self.hasChanged = true
    }

    /// Somebody went.
    mutating func went(_ member: ObjectIdentifier) {
        self.arrivals[member] = nil
        self.hasChanged = true
    }

    /// Events were delivered.
    mutating func progressed() {
        self.hasProgressed = true
    }

    /// When somebody came, in milliseconds since 1970.
    func arrival(of member: ObjectIdentifier) -> Int64? {
        self.arrivals[member]
    }

    /// Whether the board was ever told.
    var isTold: Bool { self.lastPost != nil }

    /// Whether the board is to be told now; it is then taken for told.
    mutating func isDue(now: NIODeadline) -> Bool {
        let pause: TimeAmount = self.hasChanged ? .zero : self.hasProgressed ? Self.progressPause : Self.renewal
        if let lastPost, now - lastPost < pause { return false }
        self.lastPost = now
        self.hasChanged = false
        self.hasProgressed = false
        return true
    }
}
