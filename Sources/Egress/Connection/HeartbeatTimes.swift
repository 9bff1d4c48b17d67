// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// The times of a `HeartbeatWheel`, in its seconds.
struct HeartbeatTimes {
    /// From a ping to the next.
    let period: Int64
    /// From a ping to the check of its answer.
    let answer: Int64

    init(period: TimeAmount, answerTimeout: TimeAmount) {
        self.period = period.nanoseconds / 1_000_000_000
        self.answer = answerTimeout.nanoseconds / 1_000_000_000 + 1
    }

    /// Whether a ping's answer is checked before the next ping.
    var leaveTimeToAnswer: Bool { self.answer < self.period }
}
