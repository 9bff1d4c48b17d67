// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import BotFile
internal import RedisBroker
internal import Shared

/// `hookwire bots import`: takes over another relay's bots.
struct BotsImport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Registers the bots of another relay, from its SQLite file.",
        discussion: """
            The file is the relay's database.db, with a table of secrets: each becomes a QQ bot, with the token that the \
            relay wanted beside the secret, so that the URLs of its clients go on working (/ws/{secret}/{token}, \
            /webhook?secret=…&token=…). Secrets that are registered already are passed over, so that it can be run again. \
            No secret is printed.

            The exit code is 1 where rows were left out.
            """
    )

    @Argument(help: ArgumentHelp("The other relay's SQLite file.", valueName: "file"))
    var file: String

    @Option(help: ArgumentHelp("What the bots' names begin with; a number follows.", valueName: "text"))
    var prefix = "imported-"

    @Flag(help: "Say what would be done, and do nothing.")
    var dryRun = false

    @OptionGroup(title: "Registry") var store: BotStoreOptions

    func validate() throws {
        guard BotName(self.prefix + "10000") != nil else {
            throw ValidationError("--prefix must make a name with the number behind it: a name is \(BotName.rule).")
        }
    }

    func run() async throws {
        let (file, prefix, dryRun) = (self.file, self.prefix, self.dryRun)
        let isNew = try await self.startsAFile()
        try await OpenBotStore.with(self.store) { open in
            let rows: [RelayTable.Row]
            do throws(RelayTable.Fault) {
                rows = try RelayTable(path: file).rows
            } catch {
                throw BotStoreError(.invalid, error.description)
            }
            let directory = BotDirectory(isNew ? [] : try await open.store.bots())
            var (added, known, refused) = (0, 0, 0)
            let fates = BotImport.plan(rows, prefix: prefix, beside: directory)
            let action = BotAction(.import, by: OpenBotStore.actor)
            if !dryRun, case .file(let file) = open.kind {
                try await file.add(fates.compactMap { if case .add(let bot) = $0 { bot } else { nil } }, action)
            }
            var registered = RegistryDirectory()
            for fate in fates {
                switch fate {
                case .known: known += 1
                case .refused(let sentence):
                    refused += 1
                    OpenBotStore.complain(sentence)
                case .add(let bot):
                    if !dryRun, case .redis(let redis) = open.kind {
                        try await redis.add(bot, action, beside: &registered)
                    }
                    added += 1
                    print("\(dryRun ? "Would register" : "Registered") \(bot.name).")
                }
            }
            print(
                "\(added) \(dryRun ? "to register" : "registered"), \(known) registered already, \(refused) left out, of "
                    + "\(rows.count) rows."
            )
            if refused > 0 { throw ExitCode(1) }
        }
    }

    /// Whether the file of bots is only made by the first bot that is registered.
    private func startsAFile() async throws -> Bool {
        do {
            guard let path = try await self.store.reader().value(.text("bots")) else { return false }
            return InputFile.isMissing(path)
        } catch let error as SettingsError {
            throw ValidationError(error.message)
        }
    }
}
