// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// The settings of a bot's webhook: from the registry, or from its URL.
///
/// For a registered bot the URL is used only if the request presents the secret, and only where the registry has no
/// value: otherwise anyone could, for example, declare the webhook unsigned.
///
/// Passed by value through a platform's code for each event, so the bot is boxed, and the URL stays with its request.
struct WebhookSettings {
    private let registered: RegisteredBot?
    private let trustsURL: Bool

    /// The settings of a bot that is not registered.
    init() {
        self.registered = nil
        self.trustsURL = true
    }

    /// The settings of a registered bot.
    ///
    /// - Parameters:
    ///   - trustsURL: whether the request presents the secret.
    ///   - token: the token that it presents too.
    ///   - now: in milliseconds since 1970.
    init(with bot: Bot, trustsURL: Bool, token: Secret? = nil, now: Int64 = 0) {
        self.registered = RegisteredBot(bot: bot, token: token, now: now)
        self.trustsURL = trustsURL
    }

    /// Nil for an unregistered bot, whose URL has all settings.
    var bot: Bot? { self.registered?.bot }

    /// Whether the bot is registered.
    var isRegistered: Bool { self.registered != nil }

    /// A registered bot's channel; nil for an unregistered one, whose channel follows from the secret.
    var registeredChannel: ChannelID? { self.registered?.bot.channel }

    /// The channel of events signed with one of the secrets.
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

extension WebhookSettings {
    /// Whether a request without a signature proves knowledge of the secret in another way: for an unregistered bot the
    /// secret is in the URL.
    func admitsUnsigned(_ request: HTTPRequest) -> Bool {
        guard let registered else { return true }
        if self.trustsURL || registered.hasToken(besideSecret: false) { return true }
        guard let secret = Authorization.secret(in: request.headers) else { return false }
        return registered.bot.isOpened(by: secret) && self.sufficesAlone
    }

    /// Whether presenting the bot's secret itself suffices: some bots need a token beside it.
    var sufficesAlone: Bool {
        guard let registered else { return true }
        return !registered.bot.needsToken || registered.hasToken(besideSecret: true)
    }

    /// The secrets that the platform signs with, or presents; nil if the URL has none.
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

    /// WeChat's previous EncodingAESKey, during a rotation. In the registry only: an unregistered bot's URL changes on
    /// the platform together with the key.
    var previousAESKey: Secret? {
        self.registered?.bot.options.previousAESKey
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

    /// Whether a generic webhook waits for the bot's reply; nil if its URL has neither 1 nor 0.
    func waitsForReply(_ request: HTTPRequest) -> Bool? {
        guard self.registered?.bot.options.waitsForReply != true else { return true }
        return switch self.given("reply", request) {
        case "1": true
        case nil, "0": false
        default: nil
        }
    }

    private func given(_ name: String, _ request: HTTPRequest) -> String? {
        guard self.trustsURL else { return nil }
        return request.query[name].flatMap { $0.isEmpty ? nil : $0 }
    }
}

/// The secrets that a platform may sign with: two during a rotation, since platform and relay cannot switch at the same
/// moment, and events signed with the old one may be in transit, or be retried.
struct SigningSecrets {
    let current: Secret
    var previous: Secret?

    /// The first secret that passes a check, trying the current one first.
    func first<Failure: Error>(where passes: (Secret) throws(Failure) -> Bool) throws(Failure) -> Secret? {
        if try passes(self.current) { return self.current }
        if let previous, try passes(previous) { return previous }
        return nil
    }

    /// Which of them was presented. Constant time.
    func matching(_ presented: Secret) -> Secret? {
        let isCurrent = self.current == presented
        let isPrevious = self.previous.map { $0 == presented } ?? false
        return isCurrent || isPrevious ? presented : nil
    }
}
