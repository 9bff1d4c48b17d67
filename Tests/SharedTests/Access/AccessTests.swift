// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Shared
import Testing

/// Who is let in to a bot's events, by what is presented.
@Suite struct AccessTests {
    /// Whatever is known opens what it is for; whatever is not is refused in one way, in a registered relay.
    @Test(arguments: [
        (SocketCredentials(), "missing_secret"),
        // A name opens nothing by itself, and one that is unknown looks the same.
        (SocketCredentials(subject: "demo"), "not_found"), (SocketCredentials(subject: "other"), "not_found"),
        (SocketCredentials(subject: "demo", token: "wrong"), "not_found"),
        (SocketCredentials(subject: "other", token: "all"), "not_found"),
        (SocketCredentials(subject: "demo", token: "receive"), "token receive"),
        (SocketCredentials(subject: "demo", bearer: "receive"), "token receive"),
        (SocketCredentials(subject: "demo", token: "wrong", bearer: "receive"), "token receive"),
        (SocketCredentials(subject: "demo", bearer: "current-secret"), "secret"),
        (SocketCredentials(subject: "demo", token: "previous-secret"), "secret"),
        (SocketCredentials(subject: "demo", secret: "current-secret"), "secret"),
        (SocketCredentials(name: "demo", bearer: "all"), "token all"),
        (SocketCredentials(name: "other", bearer: "all"), "not_found"),
        (SocketCredentials(name: "a b", bearer: "all"), "not_found"),
        // A secret opens its bot, whatever stands beside it.
        (SocketCredentials(subject: "current-secret"), "secret"),
        (SocketCredentials(subject: "previous-secret", token: "nonsense"), "secret"),
        (SocketCredentials(secret: "current-secret", bearer: "nonsense"), "secret"),
        (SocketCredentials(secret: "wrong", bearer: "all"), "not_found"),
        (SocketCredentials(bearer: "current-secret"), "secret"), (SocketCredentials(bearer: "wrong"), "not_found"),
        // A token of ours is enough; another relay's is known only beside the secret.
        (SocketCredentials(bearer: "all"), "token all"), (SocketCredentials(token: "all"), "token all"),
        (SocketCredentials(token: "wrong"), "not_found"), (SocketCredentials(bearer: "legacy"), "not_found"),
        (SocketCredentials(subject: "demo", token: "legacy"), "not_found"),
        // Only the holder of a token learns more of it.
        (SocketCredentials(bearer: "expired"), "expired_token"), (SocketCredentials(bearer: "later"), "token later"),
        (SocketCredentials(bearer: "reply"), "wrong_scope"),
    ])
    func registered(credentials: SocketCredentials, outcome: String) {
        #expect(AccessScript().admit(credentials) == outcome)
    }

    /// An open relay takes any other secret for one of its own, and a registered bot's for what it is.
    @Test(arguments: [
        (SocketCredentials(), "missing_secret"), (SocketCredentials(token: "wrong"), "missing_secret"),
        (SocketCredentials(subject: "other"), "stranger"), (SocketCredentials(secret: "other"), "stranger"),
        (SocketCredentials(bearer: "hwt_" + String(repeating: "0", count: 64)), "not_found"),
        (SocketCredentials(token: "hwt_" + String(repeating: "0", count: 64)), "not_found"),
        (SocketCredentials(bearer: "other"), "stranger"), (SocketCredentials(subject: "demo"), "not_found"),
        (SocketCredentials(subject: "demo", token: "all"), "token all"),
        (SocketCredentials(secret: "previous-secret"), "secret"), (SocketCredentials(name: "x"), "not_found"),
    ])
    func open(credentials: SocketCredentials, outcome: String) {
        #expect(AccessScript(mode: .open).admit(credentials) == outcome)
    }

    /// Without a registry whatever is presented is a secret; with one that was not read yet nobody is let in, in either mode.
    @Test func withoutDirectory() throws {
        let stranger = try Access.open.admit(SocketCredentials(subject: "s", bearer: "t"), for: .admin, now: 0)
        #expect(stranger.channel == ChannelID(secret: Secret("s")) && stranger.admission == nil)
        for mode in AccessMode.allCases {
            let access = Access(mode: mode, registry: BotRegistry())
            #expect(throws: AccessRefusal.notReady) {
                try access.admit(SocketCredentials(bearer: "s"), for: .receive, now: 0)
            }
            #expect(throws: AccessRefusal.notReady) {
                try access.bot(of: WebhookCredentials(secret: Secret("s")), on: .qq, now: 0)
            }
        }
    }

    /// Scopes are what a token has, `admin` all of them; whoever knows the secret has all.
    @Test func scopes() {
        let script = AccessScript()
        for scope in TokenScope.allCases {
            #expect(script.admit(SocketCredentials(bearer: "current-secret"), for: scope) == "secret")
            #expect(script.admit(SocketCredentials(bearer: "all"), for: scope) == "token all")
            let outcome = scope == .reply ? "token reply" : "wrong_scope"
            #expect(script.admit(SocketCredentials(bearer: "reply"), for: scope) == outcome)
        }
    }

    /// A bot whose secret does not open sockets is opened by its tokens only, beside whatever.
    @Test func opensByTokensOnly() {
        var script = AccessScript()
        script.bot.opensBySecret = false
        script.renew()
        #expect(script.admit(SocketCredentials(subject: "current-secret")) == "not_found")
        #expect(script.admit(SocketCredentials(subject: "demo", bearer: "current-secret")) == "not_found")
        #expect(script.admit(SocketCredentials(subject: "current-secret", token: "receive")) == "token receive")
        #expect(script.admit(SocketCredentials(bearer: "receive")) == "token receive")
    }

    /// A bot of another relay, whose secret needs a token beside it.
    @Test func needsToken() {
        var script = AccessScript(mode: .open)
        script.bot.needsToken = true
        script.renew()
        #expect(script.admit(SocketCredentials(subject: "current-secret")) == "not_found")
        #expect(script.admit(SocketCredentials(subject: "current-secret", token: "wrong")) == "not_found")
        #expect(script.admit(SocketCredentials(subject: "current-secret", token: "legacy")) == "both legacy")
        #expect(script.admit(SocketCredentials(secret: "previous-secret", token: "receive")) == "both receive")
        #expect(script.admit(SocketCredentials(subject: "wrong-secret", token: "legacy")) == "stranger")
    }

    /// The last secrets that a bot once had open nothing, wherever its events go, and neither do access tokens for them.
    @Test(arguments: [AccessMode.open, .registered]) func formerSecrets(mode: AccessMode) throws {
        var script = AccessScript(mode: mode)
        let secrets = (1...Bot.formerLimit + 2).map { "secret-number-\($0)" }
        for secret in secrets {
            let rotated = try BotChange.rotate(to: Secret(secret), replacing: true)(
                script.bot,
                BotDirectory([script.bot])
            )
            script.bot = try #require(rotated)
        }
        script.bot = try #require(try BotChange.endRotation()(script.bot, BotDirectory([script.bot])))
        script.renew()
        #expect(script.admit(SocketCredentials(secret: secrets.last)) == "secret")
        for secret in secrets.dropLast().suffix(Bot.formerLimit) {
            #expect(script.admit(SocketCredentials(secret: secret)) == "not_found")
            let secret = Secret(secret)
            #expect(throws: AccessRefusal.notFound) {
                try script.access.bot(of: WebhookCredentials(secret: secret), on: .qq, now: AccessScript.now)
            }
            #expect(throws: AccessRefusal.notFound) {
                try script.access.admit(TokenGrant(secret: secret), for: .receive, now: AccessScript.now)
            }
            let standing = script.access.standing(of: nil, on: ChannelID(secret: secret), now: AccessScript.now)
            #expect(standing == .revoked)
        }
        #expect(script.bot.formerChannels.count == Bot.formerLimit)
    }

    /// A secret that the bot once had opens nothing, though the channel is still its own.
    @Test func retiredSecret() {
        var script = AccessScript(mode: .open)
        script.bot.channel = ChannelID(secret: Secret("first-secret"))
        script.renew()
        #expect(script.admit(SocketCredentials(subject: "first-secret")) == "not_found")
        let webhook = WebhookCredentials(secret: Secret("first-secret"))
        #expect(throws: AccessRefusal.notFound) {
            try script.access.bot(of: webhook, on: .qq, now: AccessScript.now)
        }
    }

    /// A page's origin is asked for where the bot names some; what is no page has none.
    @Test func origins() {
        var script = AccessScript()
        script.bot.allowedOrigins = ["https://bot.example"]
        script.renew()
        let origins = [
            (nil, "secret"), ("https://bot.example", "secret"), ("HTTPS://Bot.Example", "secret"),
            ("https://other.example", "wrong_origin"), ("null", "wrong_origin"), ("", "wrong_origin"),
        ]
        for (origin, outcome) in origins {
            #expect(script.admit(SocketCredentials(bearer: "current-secret", origin: origin)) == outcome)
            // Who is not let in anyway learns nothing of origins.
            #expect(script.admit(SocketCredentials(bearer: "wrong", origin: origin)) == "not_found")
        }
    }

    /// A webhook is for the bot that its URL names, by whatever; of another platform it is nobody's.
    @Test(arguments: [
        (WebhookCredentials(name: "demo"), "demo"), (WebhookCredentials(name: "other"), "not_found"),
        (WebhookCredentials(secret: Secret("current-secret")), "demo"),
        (WebhookCredentials(secret: Secret("previous-secret")), "demo"),
        (WebhookCredentials(secret: Secret("wrong"), appID: "100"), "not_found"),
        (WebhookCredentials(appID: "100"), "demo"), (WebhookCredentials(appID: "101"), "not_found"),
        (WebhookCredentials(), "none"),
    ])
    func webhooks(webhook: WebhookCredentials, outcome: String) {
        func outcomes(_ script: AccessScript, on platform: BotPlatform = .qq) -> String {
            do throws(AccessRefusal) {
                return try script.access.bot(of: webhook, on: platform, now: AccessScript.now)?.name.text ?? "none"
            } catch {
                return error.rawValue
            }
        }
        #expect(outcomes(AccessScript()) == outcome)
        let isNamed = webhook.name != nil
        #expect(outcomes(AccessScript(mode: .open)) == (outcome == "not_found" && !isNamed ? "none" : outcome))
        if outcome == "demo", webhook.appID == nil {
            #expect(outcomes(AccessScript(), on: .wechat) == "not_found")
        }
    }

    /// A webhook of a bot that needs a token takes one beside the secret; the name alone says who signs.
    @Test func webhooksWithToken() throws {
        var script = AccessScript()
        script.bot.needsToken = true
        script.renew()
        func find(_ token: String?) throws -> Bot? {
            let webhook = WebhookCredentials(secret: Secret("current-secret"), token: token.map { Secret($0) })
            return try script.access.bot(of: webhook, on: .qq, now: AccessScript.now)
        }
        #expect(throws: AccessRefusal.notFound) { try find(nil) }
        #expect(throws: AccessRefusal.notFound) { try find("wrong") }
        #expect(throws: AccessRefusal.expiredToken) { try find("expired") }
        #expect(try find("legacy") != nil && find("receive") != nil)
        #expect(try script.access.bot(of: WebhookCredentials(name: "demo"), on: .qq, now: 0) != nil)
    }
}
