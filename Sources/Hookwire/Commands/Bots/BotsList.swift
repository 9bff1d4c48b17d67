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

    @Flag(help: "Print a JSON object per line.")
    var json = false

    func run() async throws {
        let json = self.json
        try await OpenBotStore.with(self.store) { open in
            let (bots, faults) = try await open.readableBots()
            if json {
                for bot in bots {
                    print(String(decoding: BotDescription.json(bot, now: WallClock.now()), as: UTF8.self))
                }
            } else {
                for line in BotTable.lines(bots, now: WallClock.now()) { print(line) }
            }
            for fault in faults { OpenBotStore.complain(fault) }
            guard faults.isEmpty else { throw ExitCode(1) }
        }
    }
}
