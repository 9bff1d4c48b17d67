// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// Encrypts bots with the operator's key, and knows whether it is the one that the registry was begun with.
struct RegistrySeal: Sendable {
    private let key: RegistryEncryptionKey

    init(_ key: RegistryEncryptionKey) {
        self.key = key
    }

    /// A bot's record, bound to its name: it opens under no other.
    func seal(_ bot: Bot) throws(CryptoError) -> [UInt8] {
        try self.seal(BotRecord.encode(bot), Self.context(bot.name))
    }

    /// The bot of a sealed record; nil where the key is another or the record was changed.
    func open(_ sealed: [UInt8], name: BotName) throws(CryptoError) -> Result<Bot, BotRecord.Fault>? {
        guard let record = try self.open(sealed, Self.context(name)) else { return nil }
        do {
            return .success(try BotRecord.decode(record, name: name))
        } catch {
            return .failure(error)
        }
    }

    /// The stored check value of the key, bound to the registry's epoch.
    func check(epoch: String) throws(CryptoError) -> [UInt8] {
        try self.seal([], Self.checkContext(epoch))
    }

    /// Whether the key is the one that made a check.
    func isKey(of check: [UInt8], epoch: String) throws(CryptoError) -> Bool {
        try self.open(check, Self.checkContext(epoch)) != nil
    }

    private func seal(_ message: [UInt8], _ context: [UInt8]) throws(CryptoError) -> [UInt8] {
        try self.key.exposeBytes { key throws(CryptoError) in
            try AES256GCM.seal(message, key: key, additionalData: context)
        }
    }

    private func open(_ sealed: [UInt8], _ context: [UInt8]) throws(CryptoError) -> [UInt8]? {
        try self.key.exposeBytes { key throws(CryptoError) in
            try AES256GCM.open(sealed, key: key, additionalData: context)
        }
    }

    private static func context(_ name: BotName) -> [UInt8] { Array("hookwire.registry.bot.v1\0\(name)".utf8) }

    private static func checkContext(_ epoch: String) -> [UInt8] { Array("hookwire.registry.check.v1\0\(epoch)".utf8) }
}
