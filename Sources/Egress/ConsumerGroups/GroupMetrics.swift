// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import Metrics
internal import Shared

/// An egress node's metrics and logs of groups. Confined to one event loop; the metrics are node-wide.
final class GroupMetrics {
    /// Sampled, since a group's clients control how often it gives up events.
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

    /// Counts the result of a take. Dead letters and losses are logged for operators.
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

    /// Counts members' verdicts.
    func settled(_ verdict: GroupSettlement.Verdict, _ count: Int) {
        switch verdict {
        case .ack: self.acknowledged.increment(by: count)
        case .nack: self.refused.increment(by: count)
        case .release: self.released.increment(by: count)
        }
    }
}
