// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Metrics

/// An egress node's metrics of bots' replies. Any thread.
struct ReplyMetrics: Sendable {
    /// How a reply came.
    enum Way: String, CaseIterable, Sendable {
        case envelope
        case raw
        case http
    }

    private let replies: [Way: [ReplyVerdict: Counter]]

    init() {
        self.replies = Dictionary(
            uniqueKeysWithValues: Way.allCases.map { way in
                let counters = ReplyVerdict.allCases.map { verdict in
                    (
                        verdict,
                        Counter(
                            label: "hookwire_replies_total",
                            dimensions: [("way", way.rawValue), ("outcome", verdict.rawValue)]
                        )
                    )
                }
                return (way, Dictionary(uniqueKeysWithValues: counters))
            }
        )
    }

    /// Counts a reply by its outcome.
    func replied(_ verdict: ReplyVerdict, by way: Way) {
        self.replies[way]?[verdict]?.increment()
    }
}
