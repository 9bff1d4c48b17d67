// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

@testable import Egress

/// How long a platform may keep the reader of its answer waiting.
@Suite struct QQAnswerTimeTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000)

    /// The platform has its time from the answer's header on, and anew for each part.
    @Test func platform() {
        var time = QQAnswerTime(limit: .seconds(10), now: self.start)
        #expect(time.left(now: self.start + .seconds(4)) == .seconds(6))
        #expect(time.left(now: self.start + .seconds(10)) == nil)
        time.resume(now: self.start + .seconds(9))
        #expect(time.left(now: self.start + .seconds(10)) == .seconds(9))
        #expect(time.left(now: self.start + .seconds(19)) == nil)
    }

    /// The time in which the client takes a part is not the platform's.
    @Test func client() {
        var time = QQAnswerTime(limit: .seconds(10), now: self.start)
        time.pause()
        for seconds in [0, 10, 1_000] as [Int64] {
            #expect(time.left(now: self.start + .seconds(seconds)) == .seconds(10))
        }
        time.resume(now: self.start + .seconds(1_000))
        #expect(time.left(now: self.start + .seconds(1_009)) == .seconds(1))
    }
}
