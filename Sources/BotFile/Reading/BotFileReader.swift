// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared
internal import Yams

/// Reads a file of bots, and says all that is wrong with it, each with its line.
struct BotFileReader {
    /// The most bytes of a file.
    static let byteLimit = 16 << 20
    /// The most bots of a file.
    static let botLimit = 10_000
    /// How many faults are reported; the rest are counted.
    static let faultLimit = 50

    private let folder: String
    private var log: FaultLog
    private var content = BotFileContent()
    private var lines: [BotName: Int] = [:]

    private init(path: String) {
        self.log = FaultLog(file: path)
        self.folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    }

    /// Reads a file's text.
    ///
    /// - Parameter path: for the sentences, and where the files of secrets are looked for.
    static func read(_ text: String, path: String) -> BotFileContent {
        var reader = BotFileReader(path: path)
        reader.readComments(text)
        reader.readDocument(text)
        reader.readConflicts()
        let faults = reader.log.faults.sorted { ($0.line ?? 0) < ($1.line ?? 0) }
        reader.content.faults = Array(faults.prefix(Self.faultLimit))
        if faults.count > Self.faultLimit {
            let rest = "There are \(faults.count - Self.faultLimit) more faults; mend these first."
            reader.content.faults.append(BotFileFault(severity: .error, file: path, line: nil, sentence: rest))
        }
        return reader.content
    }

    private mutating func readComments(_ text: String) {
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        let heading = lines.prefix { $0.allSatisfy(\.isWhitespace) || $0.hasPrefix("#") }
        self.content.heading = heading.map(String.init)
        while self.content.heading.last?.allSatisfy(\.isWhitespace) == true { self.content.heading.removeLast() }
        self.content.hasInnerComments = lines.dropFirst(heading.count).contains { Self.hasComment($0) }
    }

    /// Whether a comment begins on a line: a # at its beginning, or behind a space or a tab. One within a quoted text is taken
    /// for it too: then a copy of the file is kept that need not be.
    private static func hasComment(_ line: Substring) -> Bool {
        var isBehindSpace = true
        for scalar in line.unicodeScalars {
            if scalar == "#", isBehindSpace { return true }
            isBehindSpace = scalar.properties.isWhitespace
        }
        return false
    }

    private mutating func readDocument(_ text: String) {
        guard text.utf8.count <= Self.byteLimit else {
            self.log.error(nil, "The file has more than \(Self.byteLimit >> 20) MiB; keep so many bots in Redis.")
            return
        }
        switch YAMLScan.fault(in: text) {
        case .alias(let line):
            self.log.error(
                line,
                "Anchors (&) and aliases (*) are not taken here; write out what is meant, and put a text that begins with "
                    + "& or * into quotes."
            )
            return
        case .depth(let line):
            self.log.error(
                line,
                "This is nested deeper than any part of a bot; check the indentation and the brackets."
            )
            return
        case nil: break
        }
        let document: Node?
        do {
            document = try Yams.compose(yaml: text)
        } catch {
            self.log.yaml(error, text: text)
            return
        }
        guard let document, document.scalar?.string.isEmpty != true else {
            self.log.error(nil, "The file is empty; a file without bots has the line bots: {}")
            return
        }
        guard let fields = Fields(document, of: "the file", keys: .file, log: &self.log) else { return }
        guard let bots = fields.node("bots") else {
            self.log.error(fields.line, "The file has no bots; put them under bots:")
            return
        }
        switch bots {
        case .mapping(let mapping):
            for (key, value) in mapping { self.readBot(key, value) }
        case .sequence(let sequence):
            for node in sequence { self.readBot(nil, node) }
        case .scalar, .alias:
            self.log.error(
                fields.line(of: "bots"),
                "bots must be a mapping of names to bots, or a list of bots with names; for none write bots: {}"
            )
        }
    }

    /// - Parameter key: the name, where bots are a mapping.
    private mutating func readBot(_ key: Node?, _ node: Node) {
        guard self.lines.count < Self.botLimit else {
            if self.lines.count == Self.botLimit {
                self.log.error(node.mark?.line, "There are more than \(Self.botLimit) bots; keep so many in Redis.")
            }
            return
        }
        let line = key?.mark?.line ?? node.mark?.line
        let owner = key?.scalar.flatMap { BotName($0.string) }.map { "the bot \($0)" } ?? "a bot"
        guard let fields = Fields(node, of: owner, keys: .bot, line: line, log: &self.log),
            let name = self.name(key, fields)
        else { return }
        if let first = self.lines[name] {
            self.log.error(line, "The bot \(name) is here twice, first on line \(first); rename or remove one.")
            return
        }
        self.lines[name] = line ?? 0
        var reader = BotReader(fields, name: name, folder: self.folder)
        let read = reader.read(&self.log)
        self.content.watchedFiles += reader.files
        guard let read else { return }
        self.content.bots.append(read.bot)
        if read.paths != SecretPaths() { self.content.secretFiles[name] = read.paths }
    }

    private mutating func name(_ key: Node?, _ fields: Fields) -> BotName? {
        if let key {
            guard let name = key.scalar.flatMap({ BotName($0.string) }) else {
                self.log.error(key.mark?.line, "What stands here is no name of a bot; a name is \(BotName.rule).")
                return nil
            }
            if let text = fields.text("name", &self.log), text != name.text {
                self.log.error(fields.line(of: "name"), "The bot \(name) has another name here; remove the line.")
            }
            return name
        }
        guard fields.node("name") != nil else {
            self.log.error(fields.line, "The bot has no name; give name:, \(BotName.rule).")
            return nil
        }
        return fields.value("name", BotName.rule, &self.log) { BotName($0) }
    }

    /// Says which bots cannot stand beside each other.
    private mutating func readConflicts() {
        for conflict in BotDirectory(self.content.bots).conflicts {
            let (line, other) = (self.lines[conflict.bot], self.lines[conflict.holder] ?? 0)
            let (subject, mend) =
                switch conflict.subject {
                case .name: ("name", "rename one")
                case .secret: ("secret", "which of them a request is for could not be told; remove one")
                case .appID: ("appid", "which of them a request is for could not be told; remove one")
                case .token: ("token", "make one of its own for each")
                case .channel: ("channel", "give each its own, or none")
                }
            self.log.error(
                line,
                "The bots \(conflict.holder) (line \(other)) and \(conflict.bot) have the same \(subject); \(mend)."
            )
        }
    }
}
