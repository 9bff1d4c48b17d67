// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Shared

/// `hookwire bots add`: registers a bot.
struct BotsAdd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Registers a bot.",
        discussion: "Prints the URLs for the platform and for the bot; hookwire bots token makes what opens the latter."
    )

    @OptionGroup var bot: BotNameArgument
    @OptionGroup(title: "Secret") var secret: SecretOptions
    @OptionGroup(title: "Bot") var fields: BotFieldOptions
    @OptionGroup(title: "Registry") var store: BotStoreOptions

    func run() async throws {
        let bot = try self.fields.bot(try self.bot.name(), secret: try self.secret.required())
        let urls = BotURLs(bot, base: try await BotURLs.base(self.store))
        try await OpenBotStore.with(self.store) { open in
            try await open.store.change(bot.name, BotAction(.add, by: OpenBotStore.actor), BotChange.add(bot))
            print("Registered \(bot.name).")
            for line in urls.lines { print("  \(line)") }
        }
    }
}
