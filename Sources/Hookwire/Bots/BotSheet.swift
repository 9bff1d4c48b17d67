// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// One registered bot as lines for a person. Of secrets it says that they are there.
enum BotSheet {
    static func lines(_ bot: Bot, urls: BotURLs, now: Int64) -> [String] {
        let rows: [(String, String?)] = [
            ("Name", bot.name.text),
            ("Platform", bot.platform.rawValue),
            ("App id", bot.appID),
            ("Secret", self.secret(bot)),
            ("Verify token", bot.options.verifyToken.map { "set, \($0.utf8Count) bytes" }),
            ("AES key", self.aesKey(bot)),
            ("Header", bot.options.header),
            ("Scheme", bot.options.scheme),
            ("Reply", bot.options.waitsForReply ? "webhooks wait for it" : nil),
            ("Sockets", self.opening(bot)),
            ("Channel", bot.channel.description),
            ("Limits", bot.limits == BotLimits() ? nil : BotTable.limits(bot.limits)),
            ("Retention", bot.retention.map(self.retention)),
            ("Origins", bot.allowedOrigins?.joined(separator: ", ")),
            ("Webhook URL", urls.webhook),
            ("Socket URL", urls.socket),
        ]
        var lines = rows.compactMap { name, value in
            value.map { "\(name)\(String(repeating: " ", count: 14 - name.count))\($0)" }
        }
        lines += bot.tokens.map { "Token         \(self.token($0, now: now))" }
        return lines
    }

    private static func secret(_ bot: Bot) -> String {
        let text = "set, \(bot.secret.utf8Count) bytes"
        guard let previous = bot.previousSecret else { return text }
        return text + "; the one before, of \(previous.utf8Count) bytes, holds too until bots rotate --finish"
    }

    private static func aesKey(_ bot: Bot) -> String? {
        guard let key = bot.options.aesKey else { return nil }
        let text = "set, \(key.utf8Count) bytes"
        return bot.options.previousAESKey == nil ? text : text + "; the one before (previous_aes_key) holds too"
    }

    private static func opening(_ bot: Bot) -> String {
        if bot.needsToken { return "opened by a token, or the secret with a token beside it" }
        return bot.opensBySecret ? "opened by a token or the secret" : "opened by a token only"
    }

    private static func retention(_ retention: BotRetention) -> String {
        [retention.count.map { "\($0) events" }, retention.age.map { DurationText.format($0) }]
            .compactMap { $0 }.joined(separator: ", ")
    }

    private static func token(_ token: SocketToken, now: Int64) -> String {
        let scopes = TokenScope.allCases.filter { token.scopes.contains($0) }.map(\.rawValue).joined(separator: ", ")
        let end =
            token.expiry.map { expiry in
                (expiry <= now ? "expired " : "until ") + UTCTimeText.format(milliseconds: expiry)
            } ?? "for good"
        return "\(token.label): \(scopes.isEmpty ? "nothing" : scopes), \(end)"
    }
}
