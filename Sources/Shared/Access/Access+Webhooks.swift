// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

extension Bot {
    /// Whether a token is one of its own and has not expired.
    ///
    /// - Parameters:
    ///   - besideSecret: whether the secret was presented too, as tokens of other relays require.
    ///   - now: in milliseconds since 1970.
    public func has(_ token: Secret, besideSecret: Bool, now: Int64) -> Bool {
        self.token(token, besideSecret: besideSecret).map { !$0.isExpired(at: now) } ?? false
    }
}

/// Decides which webhooks are accepted.
extension Access {
    /// The registered bot that a webhook is for. That the request comes from the platform is not verified here.
    ///
    /// - Returns: nil in an open relay where the credentials match no registered bot; also nil where there are none,
    ///   for which the platform has an error of its own.
    /// - Parameter now: in milliseconds since 1970.
    /// - Throws: why its events are refused.
    public func bot(
        of webhook: WebhookCredentials,
        on platform: BotPlatform,
        now: Int64
    ) throws(AccessRefusal) -> Bot? {
        guard let registry else { return nil }
        guard let directory = registry.directory else { throw .notReady }
        let bot: Bot?
        if let name = webhook.name {
            bot = BotName(name).flatMap(directory.bot(named:))
            guard let bot else { throw .notFound }
            // Named in the path, a signature is proof enough; the secret itself is not.
            if let secret = webhook.secret, bot.isOpened(by: secret) { try Self.checkToken(webhook, of: bot, now: now) }
        } else if let secret = webhook.secret {
            bot = directory.bot(of: secret)
            if let bot { try Self.checkToken(webhook, of: bot, now: now) }
        } else if let appID = webhook.appID {
            bot = directory.bot(on: platform, appID: appID)
        } else {
            return nil
        }
        guard let bot else {
            guard self.mode == .open else { throw .notFound }
            // A bot's former secret is refused: its events would be acknowledged but never delivered.
            if let secret = webhook.secret, directory.isTaken(ChannelID(secret: secret)) { throw .notFound }
            return nil
        }
        guard bot.platform == platform else { throw .notFound }
        return bot
    }

    /// Checks the token that a bot may require beside its secret.
    private static func checkToken(_ webhook: WebhookCredentials, of bot: Bot, now: Int64) throws(AccessRefusal) {
        guard bot.needsToken else { return }
        guard let token = webhook.token.flatMap({ bot.token($0, besideSecret: true) }) else { throw .notFound }
        guard !token.isExpired(at: now) else { throw .expiredToken }
    }
}
