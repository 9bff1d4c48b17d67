// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// The changes that an operator can make to a bot, from the command line or through the API, as closures for
/// `BotStore.change`.
public enum BotChange {
    /// Adds a bot that is not there yet.
    public static func add(_ bot: Bot) -> @Sendable (Bot?, BotDirectory) throws(BotStoreError) -> Bot? {
        { (old, directory) throws(BotStoreError) in
            guard old == nil else {
                throw BotStoreError(
                    .exists,
                    "There is a bot \(bot.name) already; choose another name, or remove it first."
                )
            }
            try Self.check(bot, beside: directory)
            return bot
        }
    }

    /// Gives a bot a new secret. The current one stays valid until `endRotation`.
    ///
    /// - Parameter replacing: whether to drop the previous secret if a rotation is in progress; the platform may still
    ///   use it.
    public static func rotate(
        to secret: Secret,
        replacing: Bool = false
    ) -> @Sendable (Bot?, BotDirectory) throws(BotStoreError) -> Bot? {
        { (old, directory) throws(BotStoreError) in
            var bot = try Self.known(old)
            guard bot.secret != secret else {
                throw BotStoreError(.invalid, "This is the bot's secret already; give the new one.")
            }
            guard replacing || bot.previousSecret == nil else {
                throw BotStoreError(
                    .rotationUnderWay,
                    "A rotation is under way, and the platform may still have the secret before. End it first, or give "
                        + "\"replace\": true, and the oldest of the three secrets holds no more."
                )
            }
            bot.retirePreviousSecret()
            bot.previousSecret = bot.secret
            bot.secret = secret
            try Self.check(bot, beside: directory)
            return bot
        }
    }

    /// Changes a bot's settings.
    public static func edit(
        _ change: @escaping @Sendable (inout Bot) throws(BotStoreError) -> Void
    ) -> @Sendable (Bot?, BotDirectory) throws(BotStoreError) -> Bot? {
        { (old, directory) throws(BotStoreError) in
            var bot = try Self.known(old)
            try change(&bot)
            try Self.check(bot, beside: directory)
            return bot
        }
    }

    /// Drops the previous secret.
    public static func endRotation() -> @Sendable (Bot?, BotDirectory) throws(BotStoreError) -> Bot? {
        { (old, _) throws(BotStoreError) in
            var bot = try Self.known(old)
            guard bot.previousSecret != nil else {
                throw BotStoreError(.invalid, "The bot has no previous secret: no rotation is under way.")
            }
            bot.retirePreviousSecret()
            return bot
        }
    }

    /// Removes a bot.
    public static func remove() -> @Sendable (Bot?, BotDirectory) throws(BotStoreError) -> Bot? {
        { (old, _) throws(BotStoreError) in
            _ = try Self.known(old)
            return nil
        }
    }

    /// Adds a token.
    public static func add(_ token: SocketToken) -> @Sendable (Bot?, BotDirectory) throws(BotStoreError) -> Bot? {
        { (old, _) throws(BotStoreError) in
            var bot = try Self.known(old)
            guard !bot.tokens.contains(where: { $0.label == token.label }) else {
                throw BotStoreError(
                    .exists,
                    "The bot has a token \(token.label) already; revoke it first, or choose another name."
                )
            }
            guard bot.tokens.count < Bot.tokenLimit else {
                throw BotStoreError(.tooMany, "A bot has at most \(Bot.tokenLimit) tokens; revoke one first.")
            }
            bot.tokens.append(token)
            return bot
        }
    }

    /// Revokes a token; clients connected with it are disconnected.
    public static func revokeToken(
        _ label: BotName
    ) -> @Sendable (Bot?, BotDirectory) throws(BotStoreError) -> Bot? {
        { (old, _) throws(BotStoreError) in
            var bot = try Self.known(old)
            guard let index = bot.tokens.firstIndex(where: { $0.label == label }) else {
                throw BotStoreError(.unknownToken, "The bot has no token \(label).")
            }
            bot.tokens.remove(at: index)
            return bot
        }
    }

    private static func known(_ bot: Bot?) throws(BotStoreError) -> Bot {
        guard let bot else { throw BotStoreError(.unknownBot, "There is no bot of this name.") }
        return bot
    }

    /// - Parameter directory: the current bots, including this one before the change.
    private static func check(_ bot: Bot, beside directory: BotDirectory) throws(BotStoreError) {
        for secret in bot.secrets {
            guard (Bot.minimumSecretLength...Bot.maximumSecretLength).contains(secret.utf8Count) else {
                throw BotStoreError(
                    .invalid,
                    "A secret has \(Bot.minimumSecretLength) to \(Bot.maximumSecretLength) bytes; this one has "
                        + "\(secret.utf8Count)."
                )
            }
            if let holder = directory.bot(of: secret), holder.name != bot.name {
                throw BotStoreError(.conflict, "The bot \(holder.name) has this secret already.")
            }
        }
        if let appID = bot.appID, let holder = directory.bot(on: bot.platform, appID: appID), holder.name != bot.name {
            throw BotStoreError(.conflict, "The bot \(holder.name) has the app id \(appID) already.")
        }
        if let holder = directory.bot(on: bot.channel), holder.name != bot.name {
            throw BotStoreError(.conflict, "The bot \(holder.name) has this channel already: it once had this secret.")
        }
    }
}
