// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Metrics
internal import Shared

/// The metrics of a `DiskBroker`. Any thread. All dimensions are the cases of enums.
struct DiskBrokerMetrics: Sendable {
    private let publications: [String: Counter]
    private let failures: [DiskFailure: Counter]
    private let trimmed: [Retention.Reason: Counter]
    private let commits = Counter(label: "hookwire_disk_commits_total")
    private let commitTime = Timer(label: "hookwire_disk_commit_seconds")
    private let feeds = Meter(label: "hookwire_disk_feeds")
    private let bytes = Meter(label: "hookwire_disk_bytes")

    init() {
        let outcomes = ["stored", "duplicate"] + BrokerError.allCases.map(\.rawValue)
        self.publications = Dictionary(
            uniqueKeysWithValues: outcomes.map { outcome in
                (outcome, Counter(label: "hookwire_disk_publications_total", dimensions: [("outcome", outcome)]))
            }
        )
        self.failures = Self.counters("hookwire_disk_failures_total", "reason")
        self.trimmed = Self.counters("hookwire_disk_events_trimmed_total", "reason")
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
        case .success(.stored): self.publications["stored"]?.increment()
        case .success(.duplicate): self.publications["duplicate"]?.increment()
        case .failure(let error): self.publications[error.rawValue]?.increment()
        }
    }

    /// Counts a transaction, its duration, and the events it removed.
    func committed(in nanoseconds: Int64, trimmed: [Retention.Reason: Int]) {
        self.commits.increment()
        self.commitTime.recordNanoseconds(nanoseconds)
        for (reason, count) in trimmed where count > 0 { self.trimmed[reason]?.increment(by: count) }
    }

    /// Counts a transaction that failed, or a disk that begins to hang.
    func failed(_ failure: DiskFailure) {
        self.failures[failure]?.increment()
    }

    /// Records how many feeds run.
    func feedCount(_ count: Int) {
        self.feeds.set(count)
    }

    /// Records how many bytes the files take.
    func fileBytes(_ count: Int) {
        self.bytes.set(count)
    }
}
