// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import CoreMetrics

/// The metrics of a node's registry. Any thread.
struct RegistryMetrics: Sendable {
    /// The reasons why a node could not load the store.
    private static let reasons: [BotStoreError.Reason] = [.unavailable, .unreadable, .wrongKey, .conflict]

    private let faults: [BotStoreError.Reason: Counter]

    init() {
        self.faults = Dictionary(
            uniqueKeysWithValues: Self.reasons.map { reason in
                (reason, Counter(label: "hookwire_registry_faults_total", dimensions: [("reason", reason.rawValue)]))
            }
        )
    }

    func count(_ reason: BotStoreError.Reason) {
        self.faults[reason]?.increment()
    }
}
