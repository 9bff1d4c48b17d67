// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import Metrics
internal import Shared

/// What an egress node counts and logs of groups. Belongs to one event loop; the numbers are the node's.
final class GroupMetrics {
    /// Whoever has a group decides how often it gives up.
    private let log: SampledLog
    private let taken = Counter(label: "hookwire_group_events_taken_total")
    private let retried = Counter(label: "hookwire_group_events_retried_total")
    private let acknowledged = Counter(label: "hookwire_group_events_settled_total", dimensions: [("verdict", "ack")])
    private let refused = Counter(label: "hookwire_group_events_settled_total", dimensions: [("verdict", "nack")])
    private let released = Counter(label: "hookwire_group_events_settled_total", dimensions: [("verdict", "release")])
    private let deadLetters = Counter(label: "hookwire_dead_letters_total")
    private let lost = Counter(label: "hookwire_group_events_lost_total")

    init(logger: Logger) {
        self.log = SampledLog(logger, level: .warning, burst: 20, perSecond: 0.5)
    }

    /// Counts what a take brought. What was given up or lost is an operator's to know.
    func taken(_ page: GroupPage, group: ConsumerName, channel: ChannelID) {
        self.taken.increment(by: page.deliveries.count)
        self.retried.increment(by: page.deliveries.count { $0.attempt > 1 })
        guard page.deadLetters > 0 || page.lost > 0 else { return }
        self.deadLetters.increment(by: page.deadLetters)
        self.lost.increment(by: Int64(clamping: page.lost))
        self.log.write(
            "a group has given up or lost events",
            metadata: [
                "channel": "\(channel)", "group": "\(group)", "dead_letters": "\(page.deadLetters)",
                "lost": "\(page.lost)",
            ]
        )
    }

    /// Counts what members said.
    func settled(_ verdict: GroupSettlement.Verdict, _ count: Int) {
        switch verdict {
        case .ack: self.acknowledged.increment(by: count)
        case .nack: self.refused.increment(by: count)
        case .release: self.released.increment(by: count)
        }
    }
}
