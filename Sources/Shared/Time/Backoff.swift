// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore

/// How long to wait before the next attempt: doubles with each failure up to a cap, and is spread over the upper half of
/// each step, so that many that failed together do not come back at once. A pure structure; chance is passed in.
public struct Backoff: Equatable, Sendable {
    private let first: TimeAmount
    private let cap: TimeAmount
    private var next: TimeAmount
    /// Whether an attempt failed since the last one that succeeded.
    public private(set) var hasFailed = false

    /// - Parameters:
    ///   - first: the longest wait after a first failure.
    ///   - cap: the longest wait of all.
    public init(first: TimeAmount, cap: TimeAmount) {
        precondition(first > .zero && first <= cap, "a back-off from \(first) to \(cap) makes no sense")
        self.first = first
        self.cap = cap
        self.next = first
    }

    /// An attempt failed.
    ///
    /// - Parameter dice: from 0 to 1: how much of the upper half of the step is waited.
    /// - Returns: the wait before the next attempt: from half of the present step up to all of it.
    public mutating func delay(dice: Double) -> TimeAmount {
        let step = self.next.nanoseconds
        self.hasFailed = true
        self.next = .nanoseconds(step > self.cap.nanoseconds / 2 ? self.cap.nanoseconds : step * 2)
        return .nanoseconds(Int64((Double(step) * (0.5 + dice / 2)).rounded()))
    }

    /// The same, with one number drawn.
    public mutating func delay(using random: inout some RandomNumberGenerator) -> TimeAmount {
        self.delay(dice: Double(random.next()) / Double(UInt64.max))
    }

    /// An attempt succeeded: the next failure is a first one again.
    public mutating func reset() {
        self.next = self.first
        self.hasFailed = false
    }
}
