// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Shared
import Synchronization

/// A store without a disk or a network; it renews its registry itself.
final class MemoryBotStore: BotStore {
    let registry = BotRegistry()
    private let state = Mutex<[BotName: Bot]>([:])
    private let done = Mutex<[BotAction]>([])

    init() {
        self.registry.renew(.empty)
    }

    /// What was done, in order.
    var actions: [BotAction] { self.done.withLock { $0 } }

    func bots() async throws(BotStoreError) -> [Bot] {
        self.state.withLock { Array($0.values) }
    }

    func change(
        _ name: BotName,
        _ action: BotAction,
        _ change: @Sendable (Bot?, BotDirectory) throws(BotStoreError) -> Bot?
    ) async throws(BotStoreError) {
        let directory = BotDirectory(self.state.withLock { Array($0.values) })
        let bot = try change(directory.bot(named: name), directory)
        self.state.withLock { $0[name] = bot }
        self.done.withLock { $0.append(action) }
        self.registry.renew(BotDirectory(self.state.withLock { Array($0.values) }))
    }

    func follow(into registry: BotRegistry) async {}
}
