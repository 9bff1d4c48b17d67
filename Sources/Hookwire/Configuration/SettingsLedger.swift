// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Synchronization

/// Records which settings were read, and where each was found. Any thread.
final class SettingsLedger: Sendable {
    /// Where a setting may be given; the first that has it counts.
    enum Origin: String, Sendable, CaseIterable {
        case flag
        case environment
        case file
    }

    /// One setting that was asked for.
    struct Entry: Sendable {
        let name: String
        let environmentName: String
        let expectation: String
        let meaning: String?
        let isSecret: Bool
        let hasFlag: Bool
        /// Nil where it is not set.
        var found: Found?
    }

    /// What a setting is set to.
    struct Found: Sendable {
        let origin: Origin
        /// As it was given; what may hold a secret is not kept here.
        let text: String?
    }

    private let state = Mutex<[Entry]>([])

    /// What was asked for, in the order of the first time.
    var entries: [Entry] { self.state.withLock { $0 } }

    /// Notes a setting; of one that is asked for again, the later answer counts.
    func note<Value>(_ setting: Setting<Value>, found: Found?) {
        let entry = Entry(
            name: setting.name,
            environmentName: setting.environmentName,
            expectation: setting.expectation,
            meaning: setting.meaning,
            isSecret: setting.isSecret,
            hasFlag: setting.hasFlag,
            found: found
        )
        self.state.withLock { entries in
            if let index = entries.firstIndex(where: { $0.name == entry.name }) {
                entries[index].found = found
            } else {
                entries.append(entry)
            }
        }
    }
}
