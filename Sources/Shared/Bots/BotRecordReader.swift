// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// Reads the record of a bot.
struct BotRecordReader {
    private let members: [String: JSONValue]

    private init?(_ value: JSONValue?) {
        guard let value, value.isObject else { return nil }
        var members: [String: JSONValue] = [:]
        value.forEachMember { name, member in
            members[name] = member
            return true
        }
        self.members = members
    }

    static func read(_ value: JSONValue, name: BotName, latest: Int64) -> Result<Bot, BotRecord.Fault> {
        guard let reader = BotRecordReader(value), let version = reader.number("v") else { return .failure(.malformed) }
        guard version <= latest else { return .failure(.later) }
        return reader.bot(name).map { .success($0) } ?? .failure(.malformed)
    }

    private func bot(_ name: BotName) -> Bot? {
        guard let platform = self.text("platform").flatMap({ BotPlatform(rawValue: $0) }),
            let secret = self.secret("secret"),
            let channel = self.text("channel").flatMap({ ChannelID($0) }),
            let options = BotRecordReader(self.members["options"]),
            let limits = BotRecordReader(self.members["limits"]),
            let tokens = self.members["tokens"].flatMap(Self.tokens),
            let opensBySecret = self.members["opens_by_secret"]?.boolean,
            let needsToken = self.members["needs_token"]?.boolean
        else { return nil }
        var bot = Bot(name: name, platform: platform, secret: secret, channel: channel)
        bot.previousSecret = self.secret("previous_secret")
        self.members["former_channels"]?.forEachElement { element in
            if let channel = element.string.flatMap({ ChannelID($0) }) { bot.remember(formerChannel: channel) }
            return true
        }
        bot.appID = self.text("appid")
        bot.options.verifyToken = options.secret("verify_token")
        bot.options.aesKey = options.secret("aes_key")
        bot.options.previousAESKey = options.secret("previous_aes_key")
        bot.options.header = options.text("header")
        bot.options.scheme = options.text("scheme")
        bot.options.waitsForReply = options.members["reply"]?.boolean ?? false
        bot.tokens = tokens
        bot.opensBySecret = opensBySecret
        bot.needsToken = needsToken
        if let rate = limits.text("rate").flatMap({ Double($0) }), rate.isFinite, rate > 0 {
            // Another version may allow other values; they are clamped to avoid overflow.
            bot.limits.requests = RateLimit(
                rate: min(max(rate, 1 / 3_600), BotRule.rateLimit),
                burst: limits.number("burst").map { min(max(Int($0), 1), BotRule.burstLimit) }
            )
        }
        bot.limits.sockets = limits.number("sockets").map { Int($0) }
        bot.limits.logBytes = limits.number("log_bytes").map { Int($0) }
        if let retention = BotRecordReader(self.members["retention"]) {
            bot.retention = BotRetention(
                count: retention.number("count").map { Int($0) },
                age: retention.number("age_ns").map { .nanoseconds($0) }
            )
        }
        if let origins = self.members["origins"] {
            var texts: [String] = []
            origins.forEachElement { element in
                if let text = element.string { texts.append(text) }
                return true
            }
            bot.allowedOrigins = texts
        }
        return bot
    }

    private static func tokens(_ value: JSONValue) -> [SocketToken]? {
        var tokens: [SocketToken] = []
        var isWhole = value.kind == .array
        value.forEachElement { element in
            let token = BotRecordReader(element).flatMap { $0.token() }
            if let token { tokens.append(token) } else { isWhole = false }
            return isWhole
        }
        return isWhole ? tokens : nil
    }

    private func token() -> SocketToken? {
        guard let label = self.text("name").flatMap({ BotName($0) }),
            let hash = self.text("hash").flatMap({ TokenHash($0) }),
            let scopes = self.members["scopes"]
        else { return nil }
        var known: Set<TokenScope> = []
        scopes.forEachElement { element in
            if let scope = element.string.flatMap({ TokenScope(rawValue: $0) }) { known.insert(scope) }
            return true
        }
        return SocketToken(label: label, hash: hash, scopes: known, expiry: self.number("expires"))
    }

    private func text(_ name: String) -> String? { self.members[name]?.string }

    /// Nil if absent or empty: an empty secret proves nothing.
    private func secret(_ name: String) -> Secret? {
        self.text(name).flatMap { $0.isEmpty ? nil : Secret($0) }
    }

    private func number(_ name: String) -> Int64? { self.members[name]?.integer }
}
