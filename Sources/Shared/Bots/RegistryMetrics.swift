// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import CoreMetrics

/// What is counted of a node's registry, from its start. Any thread.
struct RegistryMetrics: Sendable {
    /// What can keep a node from taking over what is stored.
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
