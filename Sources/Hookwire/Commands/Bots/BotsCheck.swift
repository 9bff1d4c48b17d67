// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import BotFile
internal import RedisBroker
internal import Shared

/// `hookwire bots check`: says what is wrong with the registry.
struct BotsCheck: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Says what is wrong with the registered bots, before a node does.",
        discussion: "The exit code is 0 where nodes would take them all, with warnings or without, and 1 where not."
    )

    @OptionGroup(title: "Registry") var store: BotStoreOptions

    func run() async throws {
        try await OpenBotStore.with(self.store) { open in
            switch open.kind {
            case .file(let file):
                let (count, faults) = file.check()
                for fault in faults { OpenBotStore.complain("\(fault)") }
                guard !faults.contains(where: { $0.severity == .error }) else { throw ExitCode(1) }
                self.conclude(bots: count, warnings: faults.count)
            case .redis(let redis):
                let (bots, faults) = try await redis.readableBots()
                for fault in faults { OpenBotStore.complain(fault) }
                let conflicts = BotDirectory(bots).conflicts
                for conflict in conflicts {
                    OpenBotStore.complain(
                        "The bots \(conflict.holder) and \(conflict.bot) have the same \(conflict.subject.rawValue); remove one."
                    )
                }
                var warnings = 0
                for bot in bots {
                    for token in bot.tokens where token.isExpired(at: WallClock.now()) {
                        warnings += 1
                        OpenBotStore.complain(
                            "warning: The token \(token.label) of the bot \(bot.name) has expired; revoke it, or make a new one."
                        )
                    }
                }
                guard conflicts.isEmpty, faults.isEmpty else { throw ExitCode(1) }
                self.conclude(bots: bots.count, warnings: warnings)
            }
        }
    }

    /// The last line, where nodes take all bots.
    private func conclude(bots: Int, warnings: Int) {
        let subject = "\(bots) \(bots == 1 ? "bot" : "bots")"
        if warnings == 0 {
            print("Nothing is wrong with \(subject).")
        } else {
            print("Nodes take \(subject); there \(warnings == 1 ? "is 1 warning" : "are \(warnings) warnings").")
        }
    }
}
