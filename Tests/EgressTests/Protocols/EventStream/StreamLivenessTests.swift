// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Egress

/// When the client of an event stream is taken for gone.
@Suite struct StreamLivenessTests {
    private typealias Progress = StreamLiveness.Progress

    /// So many bytes were given to the system; the peer's acknowledged some, and has no room for others.
    private func progress(_ written: UInt64, acknowledged: UInt64, unsent: UInt64 = 0, backlog: Int = 0) -> Progress {
        Progress(
            transmission: Transmission(written: written, unsent: unsent, acknowledged: acknowledged),
            backlog: backlog
        )
    }

    private func isGone(from sign: Progress, to look: Progress) -> Bool {
        var liveness = StreamLiveness()
        liveness.signSent(at: sign)
        return liveness.isGone(at: look)
    }

    /// One whose system acknowledges nothing of what it was sent has gone, whatever else was written meanwhile.
    @Test func vanished() {
        let sign = self.progress(103, acknowledged: 100)
        #expect(self.isGone(from: sign, to: sign))
        #expect(self.isGone(from: sign, to: self.progress(900, acknowledged: 100, unsent: 300, backlog: 70_000)))
        #expect(!self.isGone(from: sign, to: self.progress(103, acknowledged: 103)))
        #expect(!self.isGone(from: sign, to: self.progress(900, acknowledged: 101)))
    }

    /// One that had everything, and all of what came since is on its way, has had no time yet.
    @Test func fresh() {
        #expect(!self.isGone(from: self.progress(100, acknowledged: 100), to: self.progress(300, acknowledged: 100)))
    }

    /// One that reads slowly is there for as long as its system takes a little; what waits for it may grow.
    @Test func slow() {
        let sign = self.progress(5_000, acknowledged: 1_000, unsent: 4_000, backlog: 70_000)
        #expect(!self.isGone(from: sign, to: self.progress(5_500, acknowledged: 1_001, unsent: 4_000, backlog: 90_000)))
        // Its system has no room, and says so.
        let full = self.progress(5_000, acknowledged: 1_000, unsent: 4_000)
        #expect(!self.isGone(from: full, to: full))
    }

    /// One that reads nothing at all while a queue waits for it is taken for gone.
    @Test func stuck() {
        let sign = self.progress(5_000, acknowledged: 1_000, unsent: 4_000, backlog: 70_000)
        #expect(self.isGone(from: sign, to: sign))
        let less = self.progress(5_000, acknowledged: 1_000, unsent: 4_000, backlog: 69_999)
        #expect(!self.isGone(from: sign, to: less))
    }

    /// Where the system does not say, the queue alone does.
    @Test func unknown() {
        #expect(self.isGone(from: Progress(backlog: 70_000), to: Progress(backlog: 70_000)))
        #expect(!self.isGone(from: Progress(backlog: 70_000), to: Progress(backlog: 0)))
        #expect(!self.isGone(from: Progress(backlog: 0), to: Progress(backlog: 70_000)))
    }

    /// A look judges the sign before it, and no other.
    @Test func once() {
        var liveness = StreamLiveness()
        let sign = self.progress(103, acknowledged: 100)
        let early = liveness.isGone(at: sign)
        liveness.signSent(at: sign)
        let (first, second) = (liveness.isGone(at: sign), liveness.isGone(at: sign))
        #expect(!early && first && !second)
    }
}
