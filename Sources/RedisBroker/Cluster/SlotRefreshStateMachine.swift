// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// When the map of slots is asked for: one question at a time whatever number of redirections asks for it, with pauses
/// that grow while nothing comes of it, and now and then unasked. No IO and no clock of its own.
struct SlotRefreshStateMachine {
    struct Configuration: Sendable {
        /// How long at most until it is asked unasked; from half of it on.
        var interval = TimeAmount.seconds(30)
        /// The longest pause behind a first question.
        var firstPause = TimeAmount.milliseconds(100)
        /// The longest pause between two questions.
        var longestPause = TimeAmount.seconds(1)
    }

    /// What came of a question. Also a metric label.
    enum Outcome: String, CaseIterable, Sendable {
        case changed
        case unchanged
        case failed
    }

    private let configuration: Configuration
    private var backOff: BackOff
    private var isAsking = false
    private var isWanted = true
    /// Not before this.
    private var earliest = NIODeadline.distantPast
    /// At this, unasked.
    private var latest = NIODeadline.distantFuture

    init(configuration: Configuration = Configuration()) {
        self.configuration = configuration
        self.backOff = BackOff(first: configuration.firstPause, cap: configuration.longestPause)
    }

    /// The map may be wrong.
    mutating func wanted() {
        self.isWanted = true
    }

    /// Some time has passed.
    ///
    /// - Returns: whether the map is to be asked for now; `finished` follows.
    mutating func tick(now: NIODeadline) -> Bool {
        guard !self.isAsking, self.earliest <= now, self.isWanted || self.latest <= now else { return false }
        // Behind a quiet time the next pauses are short again.
        if self.earliest != .distantPast, self.earliest + self.configuration.longestPause <= now {
            self.backOff.reset()
        }
        self.isAsking = true
        self.isWanted = false
        return true
    }

    /// The question is over.
    mutating func finished(_ outcome: Outcome, now: NIODeadline, using random: inout some RandomNumberGenerator) {
        self.isAsking = false
        switch outcome {
        case .changed: self.backOff.reset()
        case .unchanged: break
        case .failed: self.isWanted = true
        }
        self.earliest = now + self.backOff.delay(using: &random)
        let half = self.configuration.interval.nanoseconds / 2
        self.latest = now + .nanoseconds(half + Int64.random(in: 0...half, using: &random))
    }
}
