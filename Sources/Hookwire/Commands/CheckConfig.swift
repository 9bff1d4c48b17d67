// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import BotFile
internal import Foundation
internal import Logging

/// `hookwire check-config`: says what a node would use, and what is wrong with it, without starting one.
struct CheckConfig: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check-config",
        abstract: "Says what a node would use of its flags, environment and file, and what is wrong with them.",
        discussion: """
            Give it what the node is given, after the node's command: hookwire check-config ingress --config FILE. It \
            reads the files that are named, certificates and registered bots too, and listens and connects nowhere. The \
            exit code is 0 where the node takes all of it, and 64 where it does not, or where the file has a line that \
            nothing reads: a node would start, and warn.

            With --reference it prints every setting that there is, as a page of Markdown.
            """
    )

    /// The command whose settings are checked.
    enum Command: String, ExpressibleByArgument, CaseIterable {
        case serve
        case ingress
        case egress

        var tier: Tier {
            switch self {
            case .serve: .both
            case .ingress: .ingress
            case .egress: .egress
            }
        }

        var type: any ParsableCommand.Type {
            switch self {
            case .serve: Serve.self
            case .ingress: IngressTier.self
            case .egress: EgressTier.self
            }
        }
    }

    @Argument(help: ArgumentHelp("serve, ingress or egress.", valueName: "command"))
    var command = Command.serve

    @Flag(help: "Print every setting that there is, as Markdown.")
    var reference = false

    @OptionGroup var all: AllSettings

    func run() async throws {
        if self.reference {
            print(try ConfigurationReference().markdown, terminator: "")
            return
        }
        let ledger = SettingsLedger()
        let reader: SettingsReader
        let taken = Set(try FlagHelp(of: self.command.type).flags.map(\.name))
        do {
            try self.checkFlags(taken)
            reader = try SettingsReader(flags: self.all.flags, ledger: ledger)
        } catch {
            throw ValidationError(error.message)
        }
        // Before a fault of a setting ends it: the cause may be that its line is misspelt.
        let hasUnknownLines = self.reportUnknown(in: reader.file)
        do {
            let configuration = try NodeConfiguration(reader, tier: self.command.tier)
            try configuration.checkFiles()
            if case .file(let path) = configuration.registry { try Self.checkBots(path) }
        } catch {
            throw ValidationError(error.message)
        }
        guard !hasUnknownLines else { throw ExitCode(EX_USAGE) }
        // What another tier reads of a file or an environment that all share is no matter of this one.
        self.printSettings(ledger.entries.filter { !$0.hasFlag || taken.contains($0.name) })
    }

    /// Says what nothing reads: of the environment, which is a warning, and of the file.
    ///
    /// - Returns: whether the file has such a line.
    private func reportUnknown(in file: ConfigurationFile?) -> Bool {
        let settings = SettingsLedger()
        // With nothing set it asks for everything, and fails, if at all, when it has.
        _ = try? NodeConfiguration(SettingsReader(ledger: settings), tier: self.command.tier)
        let unknown = UnknownSettings(settings: settings.entries)
        for warning in unknown.faults(inEnvironment: ProcessInfo.processInfo.environment.keys) {
            Self.complain("warning: \(warning)")
        }
        let faults = unknown.faults(in: file)
        for fault in faults { Self.complain(fault) }
        return !faults.isEmpty
    }

    private func checkFlags(_ taken: Set<String>) throws(SettingsError) {
        let foreign = self.all.flags.filter { $0.value != nil && !taken.contains($0.key) }.keys.sorted()
        guard let first = foreign.first else { return }
        throw SettingsError(message: "hookwire \(self.command.rawValue) has no --\(first): it is of another command.")
    }

    private static func checkBots(_ path: String) throws(SettingsError) {
        let file = BotFileStore(
            path: path,
            logger: Logger(label: "hookwire", factory: { _ in SwiftLogNoOpLogHandler() })
        ) {
            Self.complain("warning: \($0)")
        }
        let (_, faults) = file.check()
        for fault in faults { Self.complain("\(fault)") }
        guard !faults.contains(where: { $0.severity == .error }) else {
            throw SettingsError(message: "The registered bots in \(path) cannot be used as they are.")
        }
    }

    private func printSettings(_ entries: [SettingsLedger.Entry]) {
        let given = entries.compactMap { entry in entry.found.map { (entry, $0) } }
        if given.isEmpty {
            print("hookwire \(self.command.rawValue) would start with its defaults: nothing is set.")
        } else {
            print("hookwire \(self.command.rawValue) would start with")
            let width = given.map { $0.0.name.count }.max() ?? 0
            for (entry, found) in given {
                let name = entry.name.padding(toLength: width, withPad: " ", startingAt: 0)
                print("  \(name)  \(found.text ?? "(not shown)")  (\(Self.sentence(found.origin, entry)))")
            }
            print("and the defaults for all else.")
        }
    }

    private static func sentence(_ origin: SettingsLedger.Origin, _ entry: SettingsLedger.Entry) -> String {
        switch origin {
        case .flag: "--\(entry.name)"
        case .environment: entry.environmentName
        case .file: "the file"
        }
    }

    private static func complain(_ sentence: String) {
        FileHandle.standardError.write(Data("\(sentence)\n".utf8))
    }
}
