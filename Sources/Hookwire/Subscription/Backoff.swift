// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// How long to wait before trying again: longer after each failure, and never the same for two that fail together.
struct Backoff: Equatable, Sendable {
    let first: TimeAmount
    let longest: TimeAmount
    private(set) var failures = 0

    init(first: TimeAmount, longest: TimeAmount) {
        self.first = first
        self.longest = longest
    }

    /// It failed once more.
    ///
    /// - Parameter dice: from 0 to 1: which part of the second half of the time is waited.
    mutating func next(dice: Double) -> TimeAmount {
        let doublings = min(self.failures, 30)
        self.failures += 1
        let whole = min(Double(self.first.nanoseconds) * Double(1 << doublings), Double(self.longest.nanoseconds))
        return .nanoseconds(Int64(whole * (0.5 + dice / 2)))
    }

    /// It worked.
    mutating func reset() {
        self.failures = 0
    }
}
