// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// Schedules slot-map refreshes: one at a time however many redirections request it, with growing pauses after
/// failures, and periodically anyway. No IO and no clock of its own.
struct SlotRefreshStateMachine {
    struct Configuration: Sendable {
        /// The longest interval of periodic refreshes; the shortest is half of it.
        var interval = TimeAmount.seconds(30)
        /// The longest pause after a first refresh.
        var firstPause = TimeAmount.milliseconds(100)
        /// The longest pause between two refreshes.
        var longestPause = TimeAmount.seconds(1)
    }

    /// The outcome of a refresh; also a metric label.
    enum Outcome: String, CaseIterable, Sendable {
        case changed
        case unchanged
        case failed
    }

    private let configuration: Configuration
    private var backoff: Backoff
    private var isAsking = false
    private var isWanted = true
    /// The earliest time of the next refresh.
    private var earliest = NIODeadline.distantPast
    /// The time of the next periodic refresh.
    private var latest = NIODeadline.distantFuture

    init(configuration: Configuration = Configuration()) {
        self.configuration = configuration
        self.backoff = Backoff(first: configuration.firstPause, cap: configuration.longestPause)
    }

    /// The map may be wrong.
    mutating func wanted() {
        self.isWanted = true
    }

    /// Some time has passed.
    ///
    /// - Returns: whether to request the map now; `finished` follows.
    mutating func tick(now: NIODeadline) -> Bool {
        guard !self.isAsking, self.earliest <= now, self.isWanted || self.latest <= now else { return false }
        // After a quiet period pauses are short again.
        if self.earliest != .distantPast, self.earliest + self.configuration.longestPause <= now {
            self.backoff.reset()
        }
        self.isAsking = true
        self.isWanted = false
        return true
    }

    /// The question is over.
    mutating func finished(_ outcome: Outcome, now: NIODeadline, using random: inout some RandomNumberGenerator) {
        self.isAsking = false
        switch outcome {
        case .changed: self.backoff.reset()
        case .unchanged: break
        case .failed: self.isWanted = true
        }
        self.earliest = now + self.backoff.delay(using: &random)
        let half = self.configuration.interval.nanoseconds / 2
        self.latest = now + .nanoseconds(half + Int64.random(in: 0...half, using: &random))
    }
}
