// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Whose events are taken from the platforms.
extension Access {
    /// The registered bot that a webhook is for. Whether its platform has sent the request is not looked at here.
    ///
    /// - Returns: nil where nobody is registered by what is presented, and the relay is open; and where nothing is
    ///   presented, which the platform has its own words for.
    /// - Parameter now: in milliseconds since 1970.
    /// - Throws: why its events are not taken.
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
            guard bot != nil else { throw .notFound }
        } else if let secret = webhook.secret {
            bot = directory.bot(of: secret)
            if let bot, bot.needsToken {
                guard let token = webhook.token.flatMap({ bot.token($0, besideSecret: true) }) else { throw .notFound }
                guard !token.isExpired(at: now) else { throw .expiredToken }
            }
        } else if let appID = webhook.appID {
            bot = directory.bot(on: platform, appID: appID)
        } else {
            return nil
        }
        guard let bot else {
            guard self.mode == .open else { throw .notFound }
            // A bot's channel may be that of a secret which it had once: that one is good for nothing any more.
            let channel = webhook.secret.map { ChannelID(secret: $0) }
            guard channel.flatMap(directory.bot(on:)) == nil else { throw .notFound }
            return nil
        }
        guard bot.platform == platform else { throw .notFound }
        return bot
    }
}
