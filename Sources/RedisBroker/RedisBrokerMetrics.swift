// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Metrics
internal import NIOCore
internal import Shared

/// The metrics of a `RedisBroker`. Any thread. All dimensions are the cases of enums.
struct RedisBrokerMetrics: Sendable {
    private let stored: Counter
    private let publications: [String: Counter]
    private let catchUps: [CatchUpCause: Counter]
    private let interruptions: [UnrecoverableReason: Counter]
    private let probes: [ProbeOutcome: Counter]
    private let undecodable: [EventEncodingError: Counter]
    private let recovered = Counter(label: "hookwire_redis_events_recovered_total")
    private let replies: [String: Counter]
    private let subscriptionLosses = Counter(label: "hookwire_redis_subscription_losses_total")
    private let feeds = Meter(label: "hookwire_redis_feeds")
    private let probeAge = Meter(label: "hookwire_redis_probe_age_seconds")

    init() {
        let outcomes = ["duplicate"] + BrokerError.allCases.map(\.rawValue)
        self.publications = Dictionary(
            uniqueKeysWithValues: outcomes.map { outcome in
                (outcome, Counter(label: "hookwire_redis_publications_total", dimensions: [("outcome", outcome)]))
            }
        )
        // The one that every event asks for.
        self.stored = Counter(label: "hookwire_redis_publications_total", dimensions: [("outcome", "stored")])
        let replies = ReplyOutcome.allCases.map(\.rawValue) + BrokerError.allCases.map(\.rawValue)
        self.replies = Dictionary(
            uniqueKeysWithValues: replies.map { outcome in
                (outcome, Counter(label: "hookwire_redis_replies_total", dimensions: [("outcome", outcome)]))
            }
        )
        self.catchUps = Self.counters("hookwire_redis_catch_ups_total", "cause")
        self.interruptions = Self.counters("hookwire_redis_interruptions_total", "reason")
        self.probes = Self.counters("hookwire_redis_probes_total", "outcome")
        self.undecodable = Self.counters("hookwire_redis_events_undecodable_total", "reason")
    }

    private static func counters<Case>(_ label: String, _ dimension: String) -> [Case: Counter]
    where Case: CaseIterable & Hashable & RawRepresentable, Case.RawValue == String {
        Dictionary(
            uniqueKeysWithValues: Case.allCases.map { value in
                (value, Counter(label: label, dimensions: [(dimension, value.rawValue)]))
            }
        )
    }

    /// Counts the outcome of a publication.
    func published(_ result: Result<Publication, BrokerError>) {
        switch result {
        case .success(.stored): self.stored.increment()
        case .success(.duplicate): self.publications["duplicate"]?.increment()
        case .failure(let error): self.publications[error.rawValue]?.increment()
        }
    }

    /// Counts the outcome of a reply sent to another node.
    func replied(_ result: Result<ReplyOutcome, any Error>) {
        switch result {
        case .success(let outcome): self.replies[outcome.rawValue]?.increment()
        case .failure(let error): self.replies[BrokerError(error).rawValue]?.increment()
        }
    }

    /// Counts a feed's read of the log.
    func caughtUp(_ cause: CatchUpCause) {
        self.catchUps[cause]?.increment()
    }

    /// Counts events that a feed read from the log because they were not pushed.
    func recovered(_ count: Int) {
        self.recovered.increment(by: count)
    }

    /// Counts a feed that announced a loss.
    func interrupted(_ reason: UnrecoverableReason) {
        self.interruptions[reason]?.increment()
    }

    /// Counts a probe by its outcome.
    func probed(_ outcome: ProbeOutcome) {
        self.probes[outcome]?.increment()
    }

    /// Records how long ago a probe came back last; of several Redis, of the one that it is longest of.
    func probeAge(_ age: TimeAmount) {
        self.probeAge.set(Double(age.nanoseconds) / 1_000_000_000)
    }

    /// Counts an event that this version cannot read.
    func undecodable(_ error: EventEncodingError) {
        self.undecodable[error]?.increment()
    }

    /// Counts a loss of the subscription connection.
    func subscriptionsLost() {
        self.subscriptionLosses.increment()
    }

    /// Records how many feeds run.
    func feedCount(_ count: Int) {
        self.feeds.set(count)
    }
}
