// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Shared

/// A bot that has everything that a bot can have.
enum FullBot {
    static func make(_ name: String = "full", secret: String = "a secret of \"quotes\" and 密钥") throws -> Bot {
        guard let name = BotName(name), let label = BotName("laptop"), let other = BotName("imported") else {
            throw CancellationError()
        }
        var bot = Bot(name: name, platform: .generic, secret: Secret(secret))
        bot.previousSecret = Secret(secret + " before")
        for secret in ["first", "second"] { bot.remember(formerChannel: ChannelID(secret: Secret(secret))) }
        bot.appID = "102.030"
        bot.options.verifyToken = Secret("verify: me # now")
        bot.options.aesKey = Secret(String(repeating: "a", count: 42) + "E")
        bot.options.previousAESKey = Secret(String(repeating: "b", count: 42) + "E")
        bot.options.header = "X-Signature:v1="
        bot.options.scheme = "github"
        bot.options.waitsForReply = true
        bot.tokens = [
            SocketToken(
                label: label,
                hash: TokenHash(of: Secret("t")),
                scopes: [.receive, .admin],
                expiry: 1_900_000_000_000
            ),
            SocketToken(label: other, hash: .md5([UInt8](repeating: 3, count: 16)), scopes: []),
        ]
        bot.opensBySecret = false
        bot.needsToken = true
        bot.limits.requests = RateLimit(rate: 20.0 / 60, burst: 7)
        bot.limits.sockets = 12
        bot.limits.logBytes = 3 << 20
        bot.retention = BotRetention(count: 5, age: .hours(2))
        bot.allowedOrigins = ["https://bot.example", "http://localhost:3000"]
        return bot
    }
}
