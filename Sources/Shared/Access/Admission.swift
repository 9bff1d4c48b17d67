// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// How a client was admitted to a registered bot, kept for the life of its connection so that it can be re-checked when
/// the bot changes. Any thread.
public final class Admission: Sendable {
    /// The credential that was presented.
    public enum Credential: Sendable, Equatable {
        case secret(Secret)
        case token(SocketToken)
        /// For a bot whose secret requires a token beside it.
        case both(Secret, SocketToken)
    }

    /// The bot's name.
    public let bot: BotName
    /// The bot's channel at the time of admission.
    public let channel: ChannelID
    /// The credential that was presented.
    public let credential: Credential

    init(to bot: Bot, by credential: Credential) {
        self.bot = bot.name
        self.channel = bot.channel
        self.credential = credential
    }

    /// The token that was presented; nil for the owner, who uses the secret.
    public var token: SocketToken? {
        switch self.credential {
        case .secret: nil
        case .token(let token), .both(_, let token): token
        }
    }

    /// Whether it includes a scope. The owner has all scopes.
    public func allows(_ scope: TokenScope) -> Bool {
        self.token?.allows(scope) ?? true
    }
}

extension Admission: Equatable {
    /// Whether both have the same bot, channel and credential.
    public static func == (left: Admission, right: Admission) -> Bool {
        left === right
            || left.bot == right.bot && left.channel == right.channel && left.credential == right.credential
    }
}

/// A client that was admitted.
public struct Visitor: Sendable {
    /// The bot's channel.
    public let channel: ChannelID
    /// The bot's current secret: the platform's signing key.
    public let secret: Secret
    /// The previous secret, during a rotation.
    public let previousSecret: Secret?
    /// How it was admitted; nil where the bot is not registered: knowing its secret grants all scopes.
    public let admission: Admission?
    /// The bot's log retention, passed with every publication; nil for the broker's default.
    public let retention: ChannelRetention?

    /// The visitor for an unregistered bot's secret.
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

    /// Whether it includes a scope.
    public func allows(_ scope: TokenScope) -> Bool {
        self.admission?.allows(scope) ?? true
    }
}
