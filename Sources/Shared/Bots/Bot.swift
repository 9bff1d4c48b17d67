// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// A registered bot: its credentials, its platform's settings, and its limits.
public struct Bot: Sendable, Equatable {
    /// Its name, used in URLs and by its operator.
    public var name: BotName
    /// The platform that sends its webhooks.
    public var platform: BotPlatform
    /// Its key on the platform.
    public var secret: Secret
    /// The previous key, during a rotation: it is accepted for access and signatures too.
    public var previousSecret: Secret?
    /// Its channel. Unchanged by rotations, so that sockets, cursors and the log survive them.
    public var channel: ChannelID
    /// The channels derived from its former secrets, the latest last; at most `formerLimit`. Those secrets open
    /// nothing, not even in an open relay.
    public private(set) var formerChannels: [ChannelID]
    /// The platform's id for it: QQ's `X-Bot-Appid`, WeChat's app id.
    public var appID: String?
    /// Further settings of its platform.
    public var options: PlatformOptions
    /// Tokens that open its sockets in place of its secret; at most `tokenLimit`.
    public var tokens: [SocketToken]
    /// Whether its secret opens its sockets too, as clients of other relays expect.
    public var opensBySecret: Bool
    /// Whether its secret is accepted only together with one of its tokens, at the webhook and at sockets, as in the
    /// `?secret=S&token=T` and `/ws/{secret}/{token}` of other relays. Where the platform signs with the secret and the
    /// bot is identified by its name or app id, the signature suffices.
    public var needsToken: Bool
    /// Its limits.
    public var limits: BotLimits
    /// Its own log retention; nil for the node's default.
    public var retention: BotRetention?
    /// The origins whose pages may open its sockets, as in `https://bot.example`; nil for any.
    public var allowedOrigins: [String]?

    /// How many tokens a bot has at most.
    public static let tokenLimit = 64
    /// How many origins a bot names at most.
    public static let originLimit = 64
    /// How many of its former secrets are remembered.
    public static let formerLimit = 8
    /// The shortest secret in bytes; a shorter one could be guessed.
    public static let minimumSecretLength = 8
    /// The longest secret in bytes; no platform issues longer ones.
    public static let maximumSecretLength = 512

    /// A bot with the required properties only.
    ///
    /// - Parameter channel: nil for the channel derived from its secret, which an open relay would have used for it.
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

    /// The valid secrets, the current one first.
    public var secrets: [Secret] {
        [self.secret] + (self.previousSecret.map { [$0] } ?? [])
    }

    /// Drops the previous secret, and records its channel as a former one.
    public mutating func retirePreviousSecret() {
        guard let previous = self.previousSecret else { return }
        self.previousSecret = nil
        self.remember(formerChannel: ChannelID(secret: previous))
    }

    /// Records the channel of a former secret, dropping the oldest if there are more than `formerLimit`.
    public mutating func remember(formerChannel channel: ChannelID) {
        self.formerChannels.removeAll { $0 == channel }
        self.formerChannels.append(channel)
        if self.formerChannels.count > Self.formerLimit { self.formerChannels.removeFirst() }
    }
}

extension Bot {
    /// A platform's settings besides the secret; without a registry, the parameters of the webhook's URL.
    public struct PlatformOptions: Sendable, Equatable {
        /// Messenger's `verify_token`.
        public var verifyToken: Secret?
        /// WeChat's `aes_key`, 43 characters.
        public var aesKey: Secret?
        /// WeChat's `aes_key` before, during a rotation: what is still encrypted with it is read.
        public var previousAESKey: Secret?
        /// The header field that carries the secret or the signature (`header`).
        public var header: String?
        /// How generic webhooks are signed (`scheme`).
        public var scheme: String?
        /// Whether a generic webhook waits for the bot's reply (`reply=1`).
        public var waitsForReply = false

        public init() {}
    }
}
