// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Logging

/// Where the bots are that a command is about, chosen as nodes choose it.
struct BotStoreOptions: SettingFlags {
    @OptionGroup var registry: RegistryOptions
    @OptionGroup var redis: RedisOptions

    @Option(help: ArgumentHelp("A YAML file with settings, as nodes take it.", valueName: "file"))
    var config: String?

    @Option(
        help: ArgumentHelp(
            "Log to standard error: trace, debug, info, notice, warning or error. (default: nothing)",
            valueName: "level"
        )
    )
    var logLevel: String?

    var flags: [String: String?] {
        var flags = self.registry.flags.merging(self.redis.flags) { first, _ in first }
        flags["config"] = self.config
        return flags
    }

    func validate() throws {
        guard self.logLevel.map({ Logger.Level(rawValue: $0) != nil }) ?? true else {
            throw ValidationError("--log-level must be trace, debug, info, notice, warning or error.")
        }
    }

    /// From which level on there is a log; nil for none.
    var level: Logger.Level? { self.logLevel.flatMap { Logger.Level(rawValue: $0) } }

    /// The settings that say which store it is.
    func reader() async throws -> SettingsReader {
        do {
            return try SettingsReader(flags: self.flags)
        } catch {
            throw ValidationError(error.message)
        }
    }
}
