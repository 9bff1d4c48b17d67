// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Shared

/// A registry, and whoever comes to it.
struct AccessScript {
    static let now: Int64 = 1_700_000_000_000

    var bot: Bot
    let registry = BotRegistry()
    var mode = AccessMode.registered

    var access: Access { Access(mode: self.mode, registry: self.registry) }

    /// A bot with two secrets, and with tokens called after what they are.
    init(mode: AccessMode = .registered) {
        self.mode = mode
        var bot = Bot(name: Self.name("demo"), platform: .qq, secret: Secret("current-secret"))
        bot.channel = ChannelID(bot: bot.name)
        bot.previousSecret = Secret("previous-secret")
        bot.appID = "100"
        bot.tokens = [
            Self.token("all", TokenScope.allCases), Self.token("receive", [.receive]),
            Self.token("reply", [.reply]), Self.token("expired", [.receive], expiry: Self.now),
            Self.token("later", [.receive], expiry: Self.now + 1),
            SocketToken(
                label: Self.name("legacy"),
                // MD5 of "legacy"
                hash: .md5(Hex.decode("228c70bfc5589c58c044e03fff0e17eb") ?? []),
                scopes: [.receive]
            ),
        ]
        self.bot = bot
        self.renew()
    }

    /// The registry learns what the bot is now.
    func renew() {
        self.registry.renew(BotDirectory([self.bot]))
    }

    /// What becomes of somebody: whose secret or token opened what, or why not.
    func admit(_ credentials: SocketCredentials, for scope: TokenScope = .receive, at now: Int64 = Self.now) -> String {
        do throws(AccessRefusal) {
            let visitor = try self.access.admit(credentials, for: scope, now: now)
            switch visitor.admission?.credential {
            case nil:
                return visitor.channel == ChannelID(secret: visitor.secret) ? "stranger" : "wrong channel"
            case .secret: return "secret"
            case .token(let token): return "token \(token.label)"
            case .both(_, let token): return "both \(token.label)"
            }
        } catch {
            return error.rawValue
        }
    }

    static func name(_ text: String) -> BotName {
        guard let name = BotName(text) else { preconditionFailure("\(text) is no name") }
        return name
    }

    static func token(_ text: String, _ scopes: [TokenScope], expiry: Int64? = nil) -> SocketToken {
        SocketToken(label: self.name(text), hash: TokenHash(of: Secret(text)), scopes: Set(scopes), expiry: expiry)
    }
}
