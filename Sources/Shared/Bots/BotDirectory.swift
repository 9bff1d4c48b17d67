// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// All registered bots at one moment, and the ways to find one. Any thread.
public final class BotDirectory: Sendable {
    /// A registry without bots.
    public static let empty = BotDirectory([])

    /// Why a bot cannot stand beside another.
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
        /// The bot that is left out.
        public var bot: BotName
        /// The one that has it already.
        public var holder: BotName
    }

    /// Each bot by its name.
    public let bots: [BotName: Bot]
    /// The bots that were left out, for they have what another has.
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

    /// A directory of bots. Of two that have the same secret, name, token, channel, or the same app id on a platform, the
    /// first in order of their names stands, and the other is left out: which of them a request is for could not be told.
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

    /// The bot that a platform knows by an app id.
    public func bot(on platform: BotPlatform, appID: String) -> Bot? {
        self.namesByAppID[AppID(platform: platform, text: appID)].flatMap { self.bots[$0] }
    }

    /// The bot whose events go to a channel.
    public func bot(on channel: ChannelID) -> Bot? {
        self.namesByChannel[channel].flatMap { self.bots[$0] }
    }

    /// The bot with a secret, current or previous, whose own channel this is: where the secret leads while no bot has it.
    public func bot(withSecretOf channel: ChannelID) -> Bot? {
        self.namesBySecretChannel[channel].flatMap { self.bots[$0] }
    }

    /// Whether a channel is that of a bot, or the own one of a secret that a bot had once: no stranger gets there.
    public func isTaken(_ channel: ChannelID) -> Bool {
        self.namesByChannel[channel] != nil || self.formerChannels.contains(channel)
    }

    /// The bot that a token of ours belongs to, and what is known of the token, whether it is expired or not.
    ///
    /// The token is looked for by its hash, so that the time it takes tells nothing of any other.
    public func token(_ token: Secret) -> (bot: Bot, token: SocketToken)? {
        let hash = TokenHash(of: token)
        guard let bot = self.namesByToken[hash].flatMap({ self.bots[$0] }),
            let token = bot.tokens.first(where: { $0.hash == hash })
        else { return nil }
        return (bot, token)
    }
}

extension TokenHash {
    /// Whether the hash alone says whose it is; another relay's tokens are short, and count beside their secret only.
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
