// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// A snapshot of all registered bots, with look-ups. Any thread.
public final class BotDirectory: Sendable {
    /// A directory without bots.
    public static let empty = BotDirectory([])

    /// Why a bot cannot be registered beside another.
    public struct Conflict: Hashable, Sendable {
        /// What two bots have in common.
        public enum Subject: String, Sendable {
            case name
            case secret
            case appID = "appid"
            case token
            case channel
        }

        public var subject: Subject
        /// The bot that is excluded.
        public var bot: BotName
        /// The bot that already has it.
        public var holder: BotName
    }

    /// Each bot by its name.
    public let bots: [BotName: Bot]
    /// The bots that are excluded because of a conflict with another.
    public let conflicts: [Conflict]

    private let namesBySecret: [Secret: BotName]
    private let namesByAppID: [AppID: BotName]
    private let namesByToken: [TokenHash: BotName]
    private let namesByChannel: [ChannelID: BotName]
    private let namesBySecretChannel: [ChannelID: BotName]
    private let formerChannels: Set<ChannelID>

    private struct AppID: Hashable {
        var platform: BotPlatform
        var text: String
    }

    /// A directory of bots. Of two that have the same secret, name, token, channel, or the same app id on a platform,
    /// the first by name is kept and the other excluded: a request would be ambiguous between them.
    public init(_ bots: some Sequence<Bot>) {
        var kept: [BotName: Bot] = [:]
        var conflicts: [Conflict] = []
        var (secrets, appIDs, tokens): ([Secret: BotName], [AppID: BotName], [TokenHash: BotName]) = ([:], [:], [:])
        var channels: [ChannelID: BotName] = [:]
        for bot in bots.sorted(by: { $0.name < $1.name }) {
            let appID = bot.appID.map { AppID(platform: bot.platform, text: $0) }
            let ownTokens = bot.tokens.map(\.hash).filter(\.isUnique)
            let conflict: (Conflict.Subject, BotName)? =
                if let holder = kept[bot.name]?.name {
                    (.name, holder)
                } else if let holder = bot.secrets.firstValue(in: secrets) {
                    (.secret, holder)
                } else if let appID, let holder = appIDs[appID] {
                    (.appID, holder)
                } else if let holder = ownTokens.firstValue(in: tokens) {
                    (.token, holder)
                } else if let holder = channels[bot.channel] { (.channel, holder) } else { nil }
            if let (subject, holder) = conflict {
                conflicts.append(Conflict(subject: subject, bot: bot.name, holder: holder))
                continue
            }
            kept[bot.name] = bot
            channels[bot.channel] = bot.name
            for secret in bot.secrets { secrets[secret] = bot.name }
            for token in ownTokens { tokens[token] = bot.name }
            if let appID { appIDs[appID] = bot.name }
        }
        self.bots = kept
        self.conflicts = conflicts
        self.namesBySecret = secrets
        self.namesByAppID = appIDs
        self.namesByToken = tokens
        self.namesByChannel = channels
        self.formerChannels = Set(kept.values.flatMap(\.formerChannels))
        self.namesBySecretChannel = Dictionary(
            secrets.map { (ChannelID(secret: $0), $1) },
            uniquingKeysWith: { first, _ in first }
        )
    }

    /// The bot of a name.
    public func bot(named name: BotName) -> Bot? {
        self.bots[name]
    }

    /// The bot that a secret, current or previous, belongs to.
    public func bot(of secret: Secret) -> Bot? {
        self.namesBySecret[secret].flatMap { self.bots[$0] }
    }

    /// The bot with a platform's app id.
    public func bot(on platform: BotPlatform, appID: String) -> Bot? {
        self.namesByAppID[AppID(platform: platform, text: appID)].flatMap { self.bots[$0] }
    }

    /// The bot that has a channel.
    public func bot(on channel: ChannelID) -> Bot? {
        self.namesByChannel[channel].flatMap { self.bots[$0] }
    }

    /// The bot with a secret, current or previous, from which this channel is derived: the one it opens while
    /// unregistered.
    public func bot(withSecretOf channel: ChannelID) -> Bot? {
        self.namesBySecretChannel[channel].flatMap { self.bots[$0] }
    }

    /// Whether a channel belongs to a bot or is derived from one of its former secrets: it is closed to unregistered
    /// secrets.
    public func isTaken(_ channel: ChannelID) -> Bool {
        self.namesByChannel[channel] != nil || self.formerChannels.contains(channel)
    }

    /// The bot that one of our tokens belongs to, and the token's record, even if it has expired.
    ///
    /// The look-up is by hash, so that its timing reveals nothing about other tokens.
    public func token(_ token: Secret) -> (bot: Bot, token: SocketToken)? {
        let hash = TokenHash(of: token)
        guard let bot = self.namesByToken[hash].flatMap({ self.bots[$0] }),
            let token = bot.tokens.first(where: { $0.hash == hash })
        else { return nil }
        return (bot, token)
    }
}

extension TokenHash {
    /// Whether the hash alone identifies the bot; other relays' tokens are short, and valid only beside their secret.
    fileprivate var isUnique: Bool {
        switch self {
        case .sha256: true
        case .md5: false
        }
    }
}

extension Sequence where Element: Hashable {
    fileprivate func firstValue<Value>(in table: [Element: Value]) -> Value? {
        for element in self {
            if let value = table[element] { return value }
        }
        return nil
    }
}
