// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import Shared

/// The state of Redis that a node's registry was last updated with.
struct RegistryRenewal {
    /// The mirror's; 0 for nothing.
    private var revision = 0
    /// What of it was left out, the first of it.
    private(set) var fault: BotStoreError?

    /// Updates a registry if a newer state is known. That may have been read for a change that was then refused or had
    /// no effect, so it is not tied to an outcome.
    mutating func renew(_ registry: BotRegistry, with known: RegistryMirror, logger: Logger) {
        guard known.revision != self.revision else { return }
        self.revision = known.revision
        self.fault = nil
        let directory = BotDirectory(known.bots.values)
        for conflict in directory.conflicts {
            logger.error(
                "a bot is left out, for another has the same \(conflict.subject.rawValue)",
                metadata: ["bot": "\(conflict.bot)", "other": "\(conflict.holder)"]
            )
        }
        if let conflict = directory.conflicts.first {
            let sentence =
                "The bot \(conflict.bot) is left out, for \(conflict.holder) has the same \(conflict.subject.rawValue)."
            self.fault = BotStoreError(.conflict, sentence)
        }
        if let sentence = known.faults.first { self.fault = BotStoreError(.unreadable, sentence) }
        for (name, reason) in known.unreadable {
            logger.error("a bot cannot be read: \(reason)", metadata: ["bot": "\(name)"])
        }
        registry.renew(directory)
        logger.debug("the registered bots were read", metadata: ["bots": "\(known.bots.count)"])
    }
}
