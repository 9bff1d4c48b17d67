// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Admin
internal import BotFile
internal import Logging
internal import Shared

/// The registered bots of a node, kept up to date for as long as it lives.
struct NodeRegistry: Sendable {
    /// The bots as they are known now.
    let registry: BotRegistry
    /// Where they are kept.
    let store: any BotStore
    private let file: BotFileStore?

    /// Reads the bots for the first time where they are in a file; nil where no source is configured.
    ///
    /// - Throws: `SettingsError` where the file is wrong, with all that is, a line each.
    init?(_ source: RegistrySource?, store node: NodeStore, logger: Logger) throws(SettingsError) {
        let registry = BotRegistry()
        switch source {
        case .none:
            return nil
        case .file(let path):
            let file = BotFileStore(path: path, logger: logger) { logger.notice("\($0)") }
            do {
                try file.begin(registry)
            } catch {
                throw SettingsError(message: error.description)
            }
            self.file = file
            self.store = file
        case .redis(_, let key):
            self.file = nil
            self.store = node.botStore(key: key)
        }
        self.registry = registry
    }

    /// What operators manage the bots with; nil where no token opens it.
    func admin(
        _ configuration: NodeConfiguration,
        broker: any Broker,
        presence: any PresenceStore,
        logger: Logger
    ) -> Admin? {
        configuration.adminToken.map { token in
            Admin(
                token: token,
                store: self.store,
                registry: self.registry,
                broker: broker,
                presence: presence,
                logger: logger
            )
        }
    }

    /// Follows the store until the task is cancelled.
    func follow() async {
        await self.store.follow(into: self.registry)
    }

    /// Reads a file again whatever its times say. Redis is read all the time.
    func readAgain() {
        self.file?.readAgain()
    }
}
