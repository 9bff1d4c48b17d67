// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// How long to wait before the next attempt: doubles up to a cap, and is spread so that many nodes do not come at once.
struct BackOff: Sendable {
    private let first: TimeAmount
    private let cap: TimeAmount
    private var next: TimeAmount

    /// - Parameters:
    ///   - first: the longest wait after a first failure.
    ///   - cap: the longest wait of all.
    init(first: TimeAmount, cap: TimeAmount) {
        precondition(first > .zero && first <= cap, "a back-off from \(first) to \(cap) makes no sense")
        self.first = first
        self.cap = cap
        self.next = first
    }

    /// The wait before the next attempt: from half of the present step up to all of it.
    mutating func delay(using random: inout some RandomNumberGenerator) -> TimeAmount {
        let step = self.next.nanoseconds
        self.next = .nanoseconds(step > self.cap.nanoseconds / 2 ? self.cap.nanoseconds : step * 2)
        // As even as it must be, and with one number drawn whatever it is.
        let spread = UInt64(step - step / 2 + 1).multipliedFullWidth(by: random.next()).high
        return .nanoseconds(step / 2 + Int64(spread))
    }

    /// The last attempt went well: the next failure is a first one again.
    mutating func reset() {
        self.next = self.first
    }
}
