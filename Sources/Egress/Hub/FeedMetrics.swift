// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Metrics
internal import Shared

/// An egress node's metrics of its feeds, with any broker. Any thread.
final class FeedMetrics: Sendable {
    private let feeds = Meter(label: "hookwire_feeds")
    private let epochChanges = Counter(label: "hookwire_epoch_changes_total")
    private let gaps: [UnrecoverableReason: Counter]

    init() {
        self.gaps = Dictionary(
            uniqueKeysWithValues: UnrecoverableReason.allCases.map { reason in
                (reason, Counter(label: "hookwire_gaps_total", dimensions: [("reason", reason.rawValue)]))
            }
        )
    }

    /// Counts a feed that began.
    func began() { self.feeds.increment() }

    /// Counts a feed that ended.
    func ended() { self.feeds.decrement() }

    /// Counts a feed that could not continue from its position.
    func interrupted(_ reason: UnrecoverableReason) {
        self.gaps[reason]?.increment()
        if reason == .epochChanged { self.epochChanges.increment() }
    }
}
