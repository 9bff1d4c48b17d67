// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import Shared

/// The URLs of a registered bot, without a secret in them.
struct BotURLs {
    let webhook: String
    let socket: String
    let events: String

    /// - Parameter base: the relay's address, without a slash at its end.
    init(_ bot: Bot, base: String) {
        self.webhook = "\(base)/webhook/\(bot.platform.rawValue)/\(bot.name)"
        self.socket = "ws\(base.dropFirst("http".count))/ws/\(bot.name)"
        self.events = "\(base)/events/\(bot.name)"
    }

    /// For the platform and for the bot.
    var lines: [String] {
        ["Webhook URL   \(self.webhook)", "Socket URL    \(self.socket)"]
    }

    /// The relay's address as nodes are told it (--public-url), else that of a relay on this machine.
    static func base(_ options: BotStoreOptions) async throws -> String {
        do {
            return try await options.reader().value(.httpURL("public-url")) ?? "http://localhost:8080"
        } catch let error as SettingsError {
            throw ValidationError(error.message)
        }
    }
}
