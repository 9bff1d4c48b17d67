// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Shared
import Testing

/// Who may stay when a bot changes.
@Suite struct StandingTests {
    private typealias Change = @Sendable (inout Bot) -> Void

    /// What becomes of somebody who was let in before a change.
    private func standing(
        _ credentials: SocketCredentials,
        needsToken: Bool = false,
        at now: Int64 = AccessScript.now,
        _ change: (inout Bot) -> Void
    ) throws -> Access.Standing {
        var script = AccessScript()
        script.bot.needsToken = needsToken
        script.renew()
        let visitor = try script.access.admit(credentials, for: .receive, now: AccessScript.now)
        let standing = script.access.standing(of: visitor.admission, on: visitor.channel, now: AccessScript.now)
        #expect(standing.isHolding)
        change(&script.bot)
        script.renew()
        return script.access.standing(of: visitor.admission, on: visitor.channel, now: now)
    }

    /// A rotation disturbs nobody until the secret before goes; then only those who came by it have to leave.
    @Test func rotation() throws {
        let (current, previous) = (
            SocketCredentials(bearer: "current-secret"), SocketCredentials(bearer: "previous-secret")
        )
        let token = SocketCredentials(bearer: "receive")
        func rotate(_ bot: inout Bot) { (bot.previousSecret, bot.secret) = (bot.secret, Secret("next-secret")) }
        #expect(try self.standing(current, rotate) == .holds(until: nil))
        #expect(try self.standing(token, rotate) == .holds(until: nil))
        #expect(try self.standing(previous, rotate) == .revoked)
        #expect(try self.standing(previous) { $0.previousSecret = nil } == .revoked)
        #expect(try self.standing(current) { $0.previousSecret = nil } == .holds(until: nil))
    }

    /// A token that is taken back, replaced under its name, or over ends what it has opened, and nothing else does.
    @Test func tokens() throws {
        let token = SocketCredentials(bearer: "later")
        #expect(
            try self.standing(token) { $0.tokens.removeAll { $0.label.text == "all" } }
                == .holds(until: AccessScript.now + 1)
        )
        #expect(try self.standing(token) { $0.tokens.removeAll { $0.label.text == "later" } } == .revoked)
        #expect(try self.standing(token, at: AccessScript.now + 1) { _ in } == .revoked)
        #expect(
            try self.standing(token) { bot in
                bot.tokens = bot.tokens.map { known in
                    guard known.label.text == "later" else { return known }
                    return SocketToken(label: known.label, hash: TokenHash(of: Secret("new")), scopes: known.scopes)
                }
            } == .revoked
        )
        #expect(
            try self.standing(token) { bot in
                for index in bot.tokens.indices { bot.tokens[index].scopes = [.receive, .reply] }
            } == .changed
        )
    }

    /// It holds until what the token's end is now, whatever it was when the token was presented.
    @Test(arguments: [nil, AccessScript.now, AccessScript.now + 9]) func expiry(_ expiry: Int64?) throws {
        for text in ["receive", "later"] {
            let standing = try self.standing(SocketCredentials(bearer: text)) { bot in
                for index in bot.tokens.indices { bot.tokens[index].expiry = expiry }
            }
            #expect(standing == (expiry == AccessScript.now ? .revoked : .holds(until: expiry)))
        }
    }

    /// What a bot is opened by can be changed, too, and where its events go.
    @Test func bots() throws {
        let secret = SocketCredentials(bearer: "current-secret")
        #expect(try self.standing(secret) { $0.opensBySecret = false } == .revoked)
        #expect(try self.standing(secret) { $0.needsToken = true } == .revoked)
        #expect(try self.standing(secret) { $0.name = AccessScript.name("renamed") } == .revoked)
        #expect(try self.standing(secret) { $0.channel = ChannelID.random() } == .changed)
        #expect(try self.standing(secret) { $0.allowedOrigins = [] } == .holds(until: nil))
        let both = SocketCredentials(secret: "previous-secret", token: "receive")
        #expect(try self.standing(both, needsToken: true) { $0.previousSecret = nil } == .revoked)
        #expect(try self.standing(both, needsToken: true) { $0.tokens = [] } == .revoked)
        #expect(try self.standing(both, needsToken: true) { $0.limits.sockets = 1 } == .holds(until: nil))
    }

    /// Those who came by a secret before its bot was registered stay where they may; where the bot has another channel they
    /// have to come again.
    @Test func strangers() {
        var script = AccessScript(mode: .open)
        func standing(_ secret: String) -> Access.Standing {
            script.access.standing(of: nil, on: ChannelID(secret: Secret(secret)), now: AccessScript.now)
        }
        #expect(standing("other") == .holds(until: nil))
        #expect(standing("current-secret") == .changed && standing("previous-secret") == .changed)
        script.bot.channel = ChannelID(secret: Secret("current-secret"))
        script.renew()
        #expect(standing("current-secret") == .holds(until: nil) && standing("previous-secret") == .changed)
        script.bot.opensBySecret = false
        script.renew()
        #expect(standing("current-secret") == .revoked)
        script.bot.opensBySecret = true
        script.bot.secret = Secret("next-secret")
        script.renew()
        #expect(standing("current-secret") == .revoked)
    }

    /// Only the channels of bots that are not as they were are looked at, those of their secrets among them.
    @Test func channels() {
        let (one, other) = (
            AccessScript().bot, Bot(name: AccessScript.name("x"), platform: .qq, secret: Secret("xxxxxxxx"))
        )
        let old = BotDirectory([one, other])
        #expect(BotDirectory([one, other]).channels(changedFrom: old) == [])
        var changed = one
        changed.channel = ChannelID.random()
        changed.previousSecret = nil
        let expected = [one.channel, changed.channel, ChannelID(secret: one.secret)]
        #expect(BotDirectory([changed, other]).channels(changedFrom: old) == Set(expected))
        #expect(BotDirectory([one]).channels(changedFrom: old) == [other.channel])
    }

    /// An access token of a platform holds as long as what it was given for, and its sessions outlive a rotation.
    @Test func grants() throws {
        var script = AccessScript()
        let visitors = try ["current-secret", "receive"].map {
            try script.access.admit(SocketCredentials(bearer: $0), for: .receive, now: AccessScript.now)
        }
        func admit(_ grant: TokenGrant) throws -> TokenGrant {
            try script.access.admit(grant, for: .receive, now: AccessScript.now).sessions
        }
        let stored = try visitors.map { try #require(TokenGrant(text: $0.grant.exposeText())) }
        let claims: [UInt8] = [1, 2, 3]
        let code = try admit(stored[0]).sign(claims)
        #expect(try admit(stored[1]).sign(claims) == code && visitors[0].sessions.sign(claims) == code)
        (script.bot.previousSecret, script.bot.secret) = (script.bot.secret, Secret("next-secret"))
        script.renew()
        for grant in stored {
            let sessions = try admit(grant)
            #expect(sessions.sign(claims) != code && sessions.accepts(code.prefix(16), over: claims))
        }
        script.bot.previousSecret = nil
        script.renew()
        #expect(throws: AccessRefusal.notFound) { try admit(stored[0]) }
        #expect(try !admit(stored[1]).accepts(code, over: claims))
        script.bot.tokens = []
        script.renew()
        #expect(throws: AccessRefusal.notFound) { try admit(stored[1]) }
        #expect(throws: AccessRefusal.notFound) { try admit(TokenGrant(secret: Secret("stranger"))) }
    }

    /// In an open relay too, what was given for a bot's credentials ends with the bot; what a stranger was given does not.
    @Test func grantsOfRemovedBots() throws {
        let script = AccessScript()
        let open = Access(mode: .open, registry: script.access.registry)
        let grants = try ["current-secret", "receive"].map { bearer in
            let visitor = try open.admit(SocketCredentials(bearer: bearer), for: .receive, now: AccessScript.now)
            return try #require(TokenGrant(text: visitor.grant.exposeText()))
        }
        let stranger = TokenGrant(secret: Secret("stranger"))
        open.registry?.renew(.empty)
        for grant in grants {
            #expect(throws: AccessRefusal.notFound) { try open.admit(grant, for: .receive, now: AccessScript.now) }
        }
        let stored = try #require(TokenGrant(text: stranger.exposeText()))
        #expect(try open.admit(stored, for: .receive, now: AccessScript.now).sessions == stranger)
    }

    /// Pages of other origins than the bot's come in by an access token as little as by any other.
    @Test func originsOfGrants() throws {
        var script = AccessScript()
        let visitor = try script.access.admit(
            SocketCredentials(bearer: "receive"),
            for: .receive,
            now: AccessScript.now
        )
        script.bot.allowedOrigins = ["https://bot.example"]
        script.renew()
        for (origin, isIn) in [(nil, true), ("https://BOT.example", true), ("https://evil.example", false)] {
            let admitted = try? script.access.admit(
                visitor.grant,
                for: .receive,
                from: origin,
                now: AccessScript.now
            )
            #expect((admitted != nil) == isIn)
        }
    }
}
