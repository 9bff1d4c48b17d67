// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// A registered bot: what opens it, what its platform needs, and what it may use.
public struct Bot: Sendable, Equatable {
    /// What it is called, in URLs and by its operator.
    public var name: BotName
    /// Where its webhooks come from.
    public var platform: BotPlatform
    /// Its key on the platform.
    public var secret: Secret
    /// The key before, during a rotation: what it opens and signs holds as well.
    public var previousSecret: Secret?
    /// Where its events go. Stays the same over rotations, so that sockets, cursors and the log do.
    public var channel: ChannelID
    /// The channels that are the own ones of secrets which it had once, the last at the end; at most `formerLimit`. Nobody
    /// else gets in by those secrets, not even where an open relay takes any.
    public private(set) var formerChannels: [ChannelID]
    /// The platform's name for it: QQ's `X-Bot-Appid`, WeChat's app id.
    public var appID: String?
    /// What its platform needs besides.
    public var options: PlatformOptions
    /// What opens its sockets in place of its secret; at most `tokenLimit`.
    public var tokens: [SocketToken]
    /// Whether its secret opens its sockets too, as clients of other relays expect.
    public var opensBySecret: Bool
    /// Whether its secret is good for nothing without one of its tokens beside it, neither at the webhook nor at sockets, as
    /// `?secret=S&token=T` and `/ws/{secret}/{token}` of other relays have it. Where the platform signs with the secret and the
    /// URL has the bot's name, or the platform its app id, the signature is proof enough.
    public var needsToken: Bool
    /// How much it may use.
    public var limits: BotLimits
    /// How much of its log is kept, where not what the node keeps for all.
    public var retention: BotRetention?
    /// The origins whose pages may open its sockets, as in `https://bot.example`; nil for any.
    public var allowedOrigins: [String]?

    /// How many tokens a bot has at most.
    public static let tokenLimit = 64
    /// How many origins a bot names at most.
    public static let originLimit = 64
    /// How many of its former secrets are remembered.
    public static let formerLimit = 8
    /// A secret of fewer bytes can be guessed.
    public static let minimumSecretLength = 8
    /// A secret of more bytes is none that a platform gives.
    public static let maximumSecretLength = 512

    /// A bot that has what it must, and nothing else.
    ///
    /// - Parameter channel: nil for the channel of its secret, where an open relay has carried its events until now.
    public init(name: BotName, platform: BotPlatform, secret: Secret, channel: ChannelID? = nil) {
        self.name = name
        self.platform = platform
        self.secret = secret
        self.channel = channel ?? ChannelID(secret: secret)
        self.formerChannels = []
        self.options = PlatformOptions()
        self.tokens = []
        self.opensBySecret = true
        self.needsToken = false
        self.limits = BotLimits()
    }

    /// The secrets that hold, the current one first.
    public var secrets: [Secret] {
        [self.secret] + (self.previousSecret.map { [$0] } ?? [])
    }

    /// Lets the secret before go, and remembers that it was one of the bot's.
    public mutating func retirePreviousSecret() {
        guard let previous = self.previousSecret else { return }
        self.previousSecret = nil
        self.remember(formerChannel: ChannelID(secret: previous))
    }

    /// Remembers the channel of a secret that it had once, and forgets the first where there are more than `formerLimit`.
    public mutating func remember(formerChannel channel: ChannelID) {
        self.formerChannels.removeAll { $0 == channel }
        self.formerChannels.append(channel)
        if self.formerChannels.count > Self.formerLimit { self.formerChannels.removeFirst() }
    }
}

extension Bot {
    /// What a platform needs besides the secret; the parameters of the webhook's URL without a registry.
    public struct PlatformOptions: Sendable, Equatable {
        /// Messenger's `verify_token`.
        public var verifyToken: Secret?
        /// WeChat's `aes_key`, 43 characters.
        public var aesKey: Secret?
        /// The header field that carries the secret or the signature (`header`).
        public var header: String?
        /// How generic webhooks are signed (`scheme`).
        public var scheme: String?
        /// Whether a generic webhook waits for the bot's reply (`reply=1`).
        public var waitsForReply = false

        public init() {}
    }
}
