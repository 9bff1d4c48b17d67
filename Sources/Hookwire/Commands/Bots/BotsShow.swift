// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Shared

/// `hookwire bots show`: one bot.
struct BotsShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Shows a bot and the URLs for its platform and for itself. No secrets."
    )

    @OptionGroup var bot: BotNameArgument
    @OptionGroup(title: "Registry") var store: BotStoreOptions

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() async throws {
        let (name, json) = (try self.bot.name(), self.json)
        let base = try await BotURLs.base(self.store)
        try await OpenBotStore.with(self.store) { open in
            guard let bot = try await open.store.bots().first(where: { $0.name == name }) else {
                throw BotStoreError(.unknownBot, "There is no bot \(name); hookwire bots list shows those there are.")
            }
            if json {
                print(String(decoding: BotDescription.json(bot, now: WallClock.now()), as: UTF8.self))
            } else {
                for line in BotSheet.lines(bot, urls: BotURLs(bot, base: base), now: WallClock.now()) { print(line) }
            }
        }
    }
}
