// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Shared

/// `hookwire bots list`: all registered bots.
struct BotsList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Lists the registered bots, a line each. No secrets."
    )

    @OptionGroup(title: "Registry") var store: BotStoreOptions

    @Flag(help: "Print a JSON object a line.")
    var json = false

    func run() async throws {
        let json = self.json
        try await OpenBotStore.with(self.store) { open in
            let bots = try await open.store.bots().sorted { $0.name < $1.name }
            if json {
                for bot in bots {
                    print(String(decoding: BotDescription.json(bot, now: WallClock.now()), as: UTF8.self))
                }
            } else {
                for line in BotTable.lines(bots, now: WallClock.now()) { print(line) }
            }
        }
    }
}
