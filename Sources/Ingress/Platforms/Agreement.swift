// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// What the owner of a bot and its platform have agreed on, as the registry has it, or as the webhook's URL says.
struct Agreement {
    /// Nil for a bot that is not registered, whose URL says everything.
    let bot: Bot?
    /// What the URL says. Of a registered bot it counts only from somebody who knows the secret, and only where the registry
    /// says nothing: to anybody else's word that nothing is signed, for one, nobody may listen.
    private let url: QueryParameters?

    /// The agreement of a bot that is not registered.
    init(url: QueryParameters) {
        self.bot = nil
        self.url = url
    }

    /// The agreement of a registered bot.
    ///
    /// - Parameter url: nil where the request does not present the secret.
    init(with bot: Bot, url: QueryParameters?) {
        self.bot = bot
        self.url = url
    }

    /// What the platform signs with, or presents; nil where the URL names none.
    var secrets: SigningSecrets? {
        if let bot { return SigningSecrets(current: bot.secret, previous: bot.previousSecret) }
        return self.given("secret").map { SigningSecrets(current: Secret($0)) }
    }

    /// Messenger's verify token.
    var verifyToken: Secret? {
        self.bot?.options.verifyToken ?? self.given("verify_token").map { Secret($0) }
    }

    /// WeChat's EncodingAESKey.
    var aesKey: Secret? {
        self.bot?.options.aesKey ?? self.given("aes_key").map { Secret($0) }
    }

    /// WeChat's app id.
    var appID: String? {
        self.bot?.appID ?? self.given("app_id")
    }

    /// The field that carries the secret, or the signature.
    var header: String? {
        self.bot?.options.header ?? self.given("header")
    }

    /// How a generic webhook is signed.
    var scheme: String? {
        self.bot?.options.scheme ?? self.given("scheme")
    }

    /// Whether a generic webhook waits for the bot's reply.
    var waitsForReply: Bool {
        self.bot?.options.waitsForReply == true || self.url?["reply"] == "1"
    }

    /// Where the events go that are signed with one of the secrets.
    func channel(of secret: Secret) -> ChannelID {
        self.bot?.channel ?? ChannelID(secret: secret)
    }

    private func given(_ name: String) -> String? {
        self.url?[name].flatMap { $0.isEmpty ? nil : $0 }
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
