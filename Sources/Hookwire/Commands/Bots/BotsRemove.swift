// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Shared

/// `hookwire bots remove`: strikes a bot off.
struct BotsRemove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Removes a bot: its webhooks are refused and its sockets closed, on all nodes.",
        discussion: """
            An open relay (--access open) forgets that it was registered: from then on its secret opens a channel like any \
            other that nobody has registered, by /webhook?secret=… and /ws?secret=…, and in its log may be what came before. \
            Where that is not wanted, run the relay with --access registered, or take the secret from the platform too.
            """
    )

    @OptionGroup var bot: BotNameArgument
    @OptionGroup(title: "Registry") var store: BotStoreOptions

    func run() async throws {
        let name = try self.bot.name()
        try await OpenBotStore.with(self.store) { open in
            try await open.store.change(name, BotAction(.remove, by: OpenBotStore.actor), BotChange.remove())
            print("Removed \(name).")
        }
    }
}
