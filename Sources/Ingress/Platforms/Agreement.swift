// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// What the owner of a bot and its platform have agreed on, as the registry has it, or as the webhook's URL says.
///
/// Of a registered bot a URL counts only from somebody who knows the secret, and only where the registry says nothing: to
/// anybody else's word that nothing is signed, for one, nobody may listen.
///
/// It goes by value through a platform's code for each event. So the bot stands in a box, and the URL with its request.
struct Agreement {
    private let registered: RegisteredBot?
    private let heedsURL: Bool

    /// The agreement of a bot that is not registered.
    init() {
        self.registered = nil
        self.heedsURL = true
    }

    /// The agreement of a registered bot.
    ///
    /// - Parameters:
    ///   - heedsURL: whether the request presents the secret.
    ///   - token: what it presents beside.
    ///   - now: in milliseconds since 1970.
    init(with bot: Bot, heedsURL: Bool, token: Secret? = nil, now: Int64 = 0) {
        self.registered = RegisteredBot(bot: bot, token: token, now: now)
        self.heedsURL = heedsURL
    }

    /// Nil for a bot that is not registered, whose URL says everything.
    var bot: Bot? { self.registered?.bot }

    /// Whether the bot is registered.
    var isRegistered: Bool { self.registered != nil }

    /// Where a registered bot's events go; of another bot the secret says it.
    var registeredChannel: ChannelID? { self.registered?.bot.channel }

    /// Where the events go that are signed with one of the secrets.
    func channel(of secret: Secret) -> ChannelID {
        self.registeredChannel ?? ChannelID(secret: secret)
    }

    private final class RegisteredBot {
        let bot: Bot
        private let token: Secret?
        private let now: Int64

        init(bot: Bot, token: Secret?, now: Int64) {
            self.bot = bot
            self.token = token
            self.now = now
        }

        /// Whether the request presents one of the bot's tokens.
        func hasToken(besideSecret: Bool) -> Bool {
            self.token.map { self.bot.has($0, besideSecret: besideSecret, now: self.now) } ?? false
        }
    }
}

extension Agreement {
    /// Whether a request that nothing signs, and that presents the secret in no other way, may be somebody's who knows the bot:
    /// of a bot that is not registered the secret stands in the URL.
    func admitsUnsigned(_ request: HTTPRequest) -> Bool {
        guard let registered else { return true }
        if self.heedsURL || registered.hasToken(besideSecret: false) { return true }
        guard let secret = Authorization.secret(in: request.headers) else { return false }
        return registered.bot.isOpened(by: secret) && self.sufficesAlone
    }

    /// Whether the bot's secret is good for something where the request presents it itself: some bots need a token beside it.
    var sufficesAlone: Bool {
        guard let registered else { return true }
        return !registered.bot.needsToken || registered.hasToken(besideSecret: true)
    }

    /// What the platform signs with, or presents; nil where the URL names none.
    func secrets(of request: HTTPRequest) -> SigningSecrets? {
        if let bot = self.registered?.bot {
            return SigningSecrets(current: bot.secret, previous: bot.previousSecret)
        }
        return request.secretInURL.map { SigningSecrets(current: $0) }
    }

    /// Messenger's verify token.
    func verifyToken(of request: HTTPRequest) -> Secret? {
        self.registered?.bot.options.verifyToken ?? self.given("verify_token", request).map { Secret($0) }
    }

    /// WeChat's EncodingAESKey.
    func aesKey(of request: HTTPRequest) -> Secret? {
        self.registered?.bot.options.aesKey ?? self.given("aes_key", request).map { Secret($0) }
    }

    /// WeChat's app id.
    func appID(of request: HTTPRequest) -> String? {
        self.registered?.bot.appID ?? self.given("app_id", request)
    }

    /// The field that carries the secret, or the signature.
    func header(of request: HTTPRequest) -> String? {
        self.registered?.bot.options.header ?? self.given("header", request)
    }

    /// How a generic webhook is signed.
    func scheme(of request: HTTPRequest) -> String? {
        self.registered?.bot.options.scheme ?? self.given("scheme", request)
    }

    /// Whether a generic webhook waits for the bot's reply; nil where its URL says neither 1 nor 0.
    func waitsForReply(_ request: HTTPRequest) -> Bool? {
        guard self.registered?.bot.options.waitsForReply != true else { return true }
        return switch self.given("reply", request) {
        case "1": true
        case nil, "0": false
        default: nil
        }
    }

    private func given(_ name: String, _ request: HTTPRequest) -> String? {
        guard self.heedsURL else { return nil }
        return request.query[name].flatMap { $0.isEmpty ? nil : $0 }
    }
}

/// The secrets that a platform may sign with: two during a rotation, since nobody can change it on the platform and here at
/// the same moment, and what was signed with the old one may still be on its way, or be sent again.
struct SigningSecrets {
    let current: Secret
    var previous: Secret?

    /// The one that a check passes with, the current one first.
    func first<Failure: Error>(where passes: (Secret) throws(Failure) -> Bool) throws(Failure) -> Secret? {
        if try passes(self.current) { return self.current }
        if let previous, try passes(previous) { return previous }
        return nil
    }

    /// Which of them somebody presents. Takes the same time whichever it is.
    func matching(_ presented: Secret) -> Secret? {
        let isCurrent = self.current == presented
        let isPrevious = self.previous.map { $0 == presented } ?? false
        return isCurrent || isPrevious ? presented : nil
    }
}
