// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// By what somebody was let in to a registered bot, for as long as it stays: whether that still holds can be asked whenever
/// the bot changes. Any thread.
public final class Admission: Sendable {
    /// What was presented.
    public enum Credential: Sendable, Equatable {
        case secret(Secret)
        case token(SocketToken)
        /// Of a bot whose secret is good for nothing without a token.
        case both(Secret, SocketToken)
    }

    /// Whose it is.
    public let bot: BotName
    /// Where the bot's events went then.
    public let channel: ChannelID
    /// What was presented.
    public let credential: Credential

    init(to bot: Bot, by credential: Credential) {
        self.bot = bot.name
        self.channel = bot.channel
        self.credential = credential
    }

    /// The token that was presented; nil for the owner, who has the secret.
    public var token: SocketToken? {
        switch self.credential {
        case .secret: nil
        case .token(let token), .both(_, let token): token
        }
    }

    /// Whether it is good for something. The owner may do everything.
    public func allows(_ scope: TokenScope) -> Bool {
        self.token?.allows(scope) ?? true
    }
}

extension Admission: Equatable {
    /// Whether both were let in to the same by the same.
    public static func == (left: Admission, right: Admission) -> Bool {
        left === right
            || left.bot == right.bot && left.channel == right.channel && left.credential == right.credential
    }
}

/// Somebody who was let in.
public struct Visitor: Sendable {
    /// Where the bot's events go.
    public let channel: ChannelID
    /// The bot's secret, the current one: what its platform signs with.
    public let secret: Secret
    /// The secret before, during a rotation.
    public let previousSecret: Secret?
    /// By what; nil where the bot is not registered, and whoever knows the secret may do everything.
    public let admission: Admission?
    /// What is kept of the bot's log, which goes along with every publication; nil for as much as of everybody's.
    public let retention: ChannelRetention?

    /// Whoever knows the secret of a bot that is not registered.
    init(secret: Secret) {
        self.channel = ChannelID(secret: secret)
        self.secret = secret
        self.previousSecret = nil
        self.admission = nil
        self.retention = nil
    }

    init(_ admission: Admission, to bot: Bot) {
        self.channel = bot.channel
        self.secret = bot.secret
        self.previousSecret = bot.previousSecret
        self.admission = admission
        self.retention = bot.channelRetention
    }

    /// Whether it may do something.
    public func allows(_ scope: TokenScope) -> Bool {
        self.admission?.allows(scope) ?? true
    }
}
