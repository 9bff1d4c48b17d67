// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Every setting of the nodes, as a page of Markdown: made from what a configuration asks for and what the commands' help
/// says, so that it cannot be behind the program.
struct ConfigurationReference {
    /// A setting with all that is to be said of it.
    struct Row {
        var setting: SettingsLedger.Entry
        var sentence: String
        /// The commands that take it.
        var commands: [String]
    }

    /// What has no flag is at the end.
    private static let secrets = "Secrets"

    /// The titles in order, and the settings under each.
    let sections: [(title: String, rows: [Row])]

    /// - Throws: where the argument parser does not describe itself as expected.
    init() throws {
        let ledger = SettingsLedger()
        // With nothing set it asks for everything, and `serve` needs nothing.
        _ = try NodeConfiguration(SettingsReader(ledger: ledger), tier: .both)
        let commands = try [
            ("serve", FlagHelp(of: Serve.self)), ("ingress", FlagHelp(of: IngressTier.self)),
            ("egress", FlagHelp(of: EgressTier.self)),
        ]
        var titles: [String] = []
        var rows: [String: [Row]] = [:]
        for (_, help) in commands {
            for flag in help.flags where !titles.contains(flag.section) { titles.append(flag.section) }
        }
        for entry in ledger.entries {
            let takers = commands.filter { $0.1.flags.contains { $0.name == entry.name } }
            let flag = takers.first?.1.flags.first { $0.name == entry.name }
            let row = Row(
                setting: entry,
                sentence: flag?.sentence ?? entry.meaning ?? "",
                commands: flag == nil ? commands.map(\.0) : takers.map(\.0)
            )
            rows[flag?.section ?? Self.secrets, default: []].append(row)
        }
        self.sections = (titles + [Self.secrets]).compactMap { title in rows[title].map { (title, $0) } }
    }

    /// The page.
    var markdown: String {
        var text = """
            # Configuration

            Every setting of `hookwire serve`, `ingress` and `egress`: a flag, an environment variable, or a line of the
            YAML file that `--config` or `HOOKWIRE_CONFIG` names. A flag goes before the environment, the environment
            before the file. A line of the file has one value, `port: 8080`; where several are meant they stand in one text
            with commas between. This page is what `hookwire check-config --reference` prints; `hookwire check-config` with
            the flags, the environment and the file of a node says what it would use, and what is wrong with it.
            A node starts all the same where a line of its file, or a variable that begins with `HOOKWIRE_`, is no setting,
            and warns of it in its log.

            What holds a secret can also be read from a file, `HOOKWIRE_…_FILE`, as Docker and Kubernetes mount them;
            what is nothing but a secret has no flag, since the process list would show it.

            """
        for (title, rows) in self.sections {
            text +=
                "\n## \(title)\n\n| setting | environment | of | what it is | what it must be |\n|---|---|---|---|---|\n"
            for row in rows { text += self.line(row) }
        }
        return text
    }

    private func line(_ row: Row) -> String {
        let setting = row.setting
        let name = setting.hasFlag ? "`--\(setting.name)`" : "`\(setting.name):`"
        let file = setting.isSecret ? ", `\(setting.environmentName)_FILE`" : ""
        let commands = row.commands.count == 3 ? "all" : row.commands.joined(separator: ", ")
        let cells = [
            name, "`\(setting.environmentName)`\(file)", commands, row.sentence, setting.expectation,
        ]
        return "| \(cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ")) |\n"
    }
}
