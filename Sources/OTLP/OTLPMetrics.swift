// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Metrics

/// The outcome of a span; also a metric label.
enum SpanOutcome: String, Sendable, CaseIterable {
    /// The collector has it.
    case exported
    /// Too many waited already.
    case queueFull = "queue_full"
    /// The collector would not have it.
    case refused
    /// The collector could not be reached, or had no time, as often as it was tried.
    case unreachable
    /// The node ended before the collector received it.
    case shutdown
}

/// The outcome of a request to the collector; also a metric label.
enum ExportOutcome: String, Sendable, CaseIterable {
    case accepted
    /// It is to be sent again later.
    case later
    case refused
    /// There was no answer.
    case failed
}

/// A node's export metrics. Any thread.
struct OTLPMetrics: Sendable {
    private let spans: [SpanOutcome: Counter]
    private let exports: [ExportOutcome: Counter]
    private let queued = Meter(label: "hookwire_trace_queued_spans")

    init() {
        self.spans = Dictionary(
            uniqueKeysWithValues: SpanOutcome.allCases.map {
                ($0, Counter(label: "hookwire_trace_spans_total", dimensions: [("outcome", $0.rawValue)]))
            }
        )
        self.exports = Dictionary(
            uniqueKeysWithValues: ExportOutcome.allCases.map {
                ($0, Counter(label: "hookwire_trace_exports_total", dimensions: [("outcome", $0.rawValue)]))
            }
        )
        self.queued.set(0)
    }

    func ended(_ outcome: SpanOutcome, _ count: Int) {
        self.spans[outcome]?.increment(by: count)
    }

    func exported(_ outcome: ExportOutcome) {
        self.exports[outcome]?.increment()
    }

    func queued(_ count: Int) {
        self.queued.set(count)
    }
}
