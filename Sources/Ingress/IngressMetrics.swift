// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Metrics
internal import Shared

/// What an ingress node counts: every request to a webhook by what became of it. Belongs to one event loop.
///
/// The outcomes are the cases of enums, so their number is bounded.
struct IngressMetrics {
    private let platform: String
    private var counters: [String: Counter] = [:]
    private var waits: [WaitOutcome: Counter] = [:]

    init(platform: String) {
        self.platform = platform
        for outcome in ["stored", "duplicate", "answered"] + BrokerError.allCases.map(\.rawValue) {
            self.counters[outcome] = self.counter(outcome)
        }
    }

    /// Counts an event that the broker took.
    mutating func published(_ publication: Publication) {
        switch publication {
        case .stored: self.count("stored")
        case .duplicate: self.count("duplicate")
        }
    }

    /// Counts a request that was answered and was no event.
    mutating func answered() {
        self.count("answered")
    }

    /// Counts a request that was refused, or whose event could not be stored.
    mutating func refused(_ reason: String) {
        self.count(reason)
    }

    /// Counts a request that waited for a reply, by how that ended.
    mutating func waited(_ outcome: WaitOutcome) {
        if let counter = self.waits[outcome] { return counter.increment() }
        let counter = Counter(
            label: "hookwire_reply_waits_total",
            dimensions: [("platform", self.platform), ("outcome", outcome.rawValue)]
        )
        self.waits[outcome] = counter
        counter.increment()
    }

    private mutating func count(_ outcome: String) {
        if let counter = self.counters[outcome] {
            counter.increment()
        } else {
            let counter = self.counter(outcome)
            self.counters[outcome] = counter
            counter.increment()
        }
    }

    private func counter(_ outcome: String) -> Counter {
        Counter(
            label: "hookwire_webhook_requests_total",
            dimensions: [("platform", self.platform), ("outcome", outcome)]
        )
    }
}
