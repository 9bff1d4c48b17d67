// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Metrics

/// Counts the recovery announcements to clients. Any thread.
struct RecoveryMetrics: Sendable {
    private let recovered = Counter(label: "hookwire_recoveries_total", dimensions: [("outcome", "recovered")])
    private let lost: [Recovery.Reason: Counter]

    init() {
        self.lost = Dictionary(
            uniqueKeysWithValues: Recovery.Reason.allCases.map { reason in
                (reason, Counter(label: "hookwire_recoveries_total", dimensions: [("outcome", reason.rawValue)]))
            }
        )
    }

    /// Counts what a client was told.
    func announced(_ recovery: Recovery) {
        switch recovery {
        case .recovered: self.recovered.increment()
        case .lost(let reason, _): self.lost[reason]?.increment()
        }
    }
}
