// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Configuration

/// Reads settings: flags before the environment, the environment before the file.
struct SettingsReader: Sendable {
    /// Each place where settings are, the one that goes before the others first.
    private let readers: [(origin: SettingsLedger.Origin, reader: ConfigReader)]
    /// Records every setting that is read.
    private let ledger: SettingsLedger?
    /// The file that `--config` or `HOOKWIRE_CONFIG` names.
    let file: ConfigurationFile?

    /// A reader over the command line's flags, this process's environment, and the file that `--config` or
    /// `HOOKWIRE_CONFIG` names.
    ///
    /// - Parameter ledger: records every setting that is read.
    /// - Throws: `SettingsError` where the file is missing or is no YAML.
    init(flags: [String: String?], ledger: SettingsLedger? = nil) throws(SettingsError) {
        var providers: [any ConfigProvider] = [
            Self.provider("flags", flags), EnvironmentVariablesProvider().prefixKeys(with: "hookwire"),
        ]
        var file: ConfigurationFile?
        if let path = ConfigReader(providers: providers).string(forKey: "config") {
            let read = try ConfigurationFile(path)
            try Self.checkForBots(read)
            providers.append(
                Self.provider("file", Dictionary(read.lines.map { ($0.name, $0.value) }) { first, _ in first })
            )
            file = read
        }
        self.file = file
        self.ledger = ledger
        self.readers = zip(SettingsLedger.Origin.allCases, providers.map { ConfigReader(provider: $0) }).map {
            ($0, $1)
        }
    }

    private static func provider(_ name: String, _ texts: [String: String?]) -> InMemoryProvider {
        let values = texts.compactMap { name, text in
            text.map { (AbsoluteConfigKey([name]), ConfigValue(.string($0), isSecret: false)) }
        }
        return InMemoryProvider(name: name, values: Dictionary(uniqueKeysWithValues: values))
    }

    /// Creates a reader without values, which records the settings that are read.
    init(ledger: SettingsLedger) {
        self.readers = []
        self.ledger = ledger
        self.file = nil
    }

    /// Passing the bots file as the configuration would silently start an open relay.
    private static func checkForBots(_ file: ConfigurationFile) throws(SettingsError) {
        guard let line = file["bots"], line.value == nil else { return }
        throw SettingsError(
            message:
                "bots: in the configuration file \(file.path) is the path of a file with the registered bots, not the "
                + "bots themselves. Did you mean --bots \(file.path)?"
        )
    }

    /// A setting that is there and has not one value would have no effect, and say nothing.
    private func checkForValue(_ name: String) throws(SettingsError) {
        guard let file, let line = file[name], line.value == nil else { return }
        throw SettingsError(
            message:
                "\(file.path)\(line.number.map { ":\($0)" } ?? ""): \(name) must have one value, and no list or mapping; "
                + "where several are meant, write them in one text with commas between."
        )
    }

    /// The value of a setting, or nil where it is not set.
    func value<Value>(_ setting: Setting<Value>) throws(SettingsError) -> Value? {
        try self.checkForValue(setting.name)
        if setting.isSecret { try self.checkForValue(setting.fileName) }
        let found = try self.text(setting)
        self.ledger?.note(
            setting,
            found: found.map { .init(origin: $0.origin, text: setting.isSecret ? nil : $0.text) }
        )
        guard let text = found?.text else { return nil }
        guard let value = setting.parse(text) else {
            throw SettingsError(
                message: "\(setting.spellings) must be \(setting.expectation)"
                    + (setting.isSecret && !text.isEmpty ? "." : Self.given(text, as: setting.environmentName))
            )
        }
        return value
    }

    /// What was given, to end a sentence. Before an @ stand a URL's user and password, and behind its question mark keys
    /// and tokens, which are repeated nowhere.
    private static func given(_ text: String, as variable: String) -> String {
        if text.isEmpty { return "; it is empty: leave it out where there is none." }
        if text.utf8.contains(UInt8(ascii: "@")) {
            return "; it has an @, and is not shown: write it without user and password."
        }
        let shown = text.firstIndex(of: "?").map { "\(text[...$0])…" } ?? text
        // Kubernetes sets it too, for a Service named hookwire.
        let isService = variable == "HOOKWIRE_PORT" && text.hasPrefix("tcp://")
        let mend = isService ? "; Kubernetes sets it: enableServiceLinks: false in the pod ends that" : ""
        return "; it is \"\(shown)\"\(mend)."
    }

    private func text<Value>(
        _ setting: Setting<Value>
    ) throws(SettingsError) -> (origin: SettingsLedger.Origin, text: String)? {
        for (origin, reader) in self.readers {
            let text = reader.string(forKey: ConfigKey([setting.name]))
            guard setting.isSecret, let path = reader.string(forKey: ConfigKey([setting.fileName])) else {
                if let text { return (origin, text) }
                continue
            }
            guard !path.isEmpty else {
                throw SettingsError(
                    message:
                        "\(setting.environmentName)_FILE is empty: it is the path of a file with the value; leave it out "
                        + "where there is none."
                )
            }
            guard text == nil else {
                throw SettingsError(
                    message: "\(setting.environmentName) and \(setting.environmentName)_FILE (\(setting.name): and "
                        + "\(setting.fileName): in the file) are both set; remove one of them."
                )
            }
            do {
                return (origin, try SecretFile.read(path))
            } catch {
                throw SettingsError(
                    message: "The file that \(setting.environmentName)_FILE names does not do: \(error)."
                )
            }
        }
        return nil
    }

    /// Puts the value of a setting into a configuration where it is set.
    func read<Value, Target>(
        _ setting: Setting<Value>,
        into target: inout Target,
        _ path: WritableKeyPath<Target, Value>
    )
        throws(SettingsError)
    {
        if let value = try self.value(setting) {
            target[keyPath: path] = value
        }
    }
}

/// A setting that cannot be used. The sentence names the setting and what it may be.
struct SettingsError: Error, CustomStringConvertible {
    let message: String
    var description: String { self.message }
}
