// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// A bot in a request's body: the same names as in the registry's YAML file.
enum BotBody {
    private static let options = [
        "appid", "verify_token", "aes_key", "header", "scheme", "reply", "opens_by_secret", "needs_token", "limits",
        "retention", "origins",
    ]
    private static let limits = ["requests", "burst", "sockets", "log_bytes"]
    private static let retention = ["count", "age"]

    /// The members of an object within the body.
    static func inner(_ name: String) -> [String] {
        switch name {
        case "limits": self.limits
        case "retention": self.retention
        default: []
        }
    }

    /// A bot to add.
    static func bot(in body: ByteBuffer) throws(BotStoreError) -> Bot {
        let body = try AdminBody(body, members: ["name", "platform", "secret"] + self.options)
        guard let name = BotName(try body.need("name")) else { throw body.wrong("name", BotName.rule) }
        guard let platform = BotPlatform(rawValue: try body.need("platform")) else {
            throw body.wrong("platform", "one of " + BotPlatform.allCases.map(\.rawValue).joined(separator: ", "))
        }
        var bot = Bot(name: name, platform: platform, secret: Secret(try body.need("secret")))
        try self.apply(body, to: &bot)
        return bot
    }

    /// What to change of a bot: only what the body names.
    static func change(
        in body: ByteBuffer
    ) throws(BotStoreError) -> @Sendable (Bot?, BotDirectory) throws(BotStoreError) -> Bot? {
        // Read once for its faults, and again for each bot that it is applied to.
        _ = try AdminBody(body, members: self.options)
        return { (old, directory) throws(BotStoreError) in
            guard var bot = old else { throw BotStoreError(.unknownBot, "There is no bot of this name.") }
            try Self.apply(try AdminBody(body, members: Self.options), to: &bot)
            if let appID = bot.appID, let holder = directory.bot(on: bot.platform, appID: appID),
                holder.name != bot.name
            {
                throw BotStoreError(.conflict, "The bot \(holder.name) has this app id already.")
            }
            return bot
        }
    }

    private static func apply(_ body: AdminBody, to bot: inout Bot) throws(BotStoreError) {
        if let appID = try self.line(body, "appid") { bot.appID = appID }
        if let token = try self.line(body, "verify_token") { bot.options.verifyToken = Secret(token) }
        if let key = try self.line(body, "aes_key") { bot.options.aesKey = Secret(key) }
        if let header = try self.line(body, "header") { bot.options.header = header }
        if let scheme = try self.line(body, "scheme") { bot.options.scheme = scheme }
        if let waits = try body.truth("reply") { bot.options.waitsForReply = waits }
        if let opens = try body.truth("opens_by_secret") { bot.opensBySecret = opens }
        if let needs = try body.truth("needs_token") { bot.needsToken = needs }
        if let limits = try body.object("limits") { bot.limits = try self.limits(limits) }
        if let retention = try body.object("retention") { bot.retention = try self.retention(retention) }
        if let origins = try body.texts("origins") {
            guard origins.count <= Bot.originLimit else {
                throw body.wrong("origins", "at most \(Bot.originLimit) origins")
            }
            bot.allowedOrigins = origins
        }
    }

    /// A text of one line of visible characters, empty for none.
    private static func line(_ body: AdminBody, _ name: String) throws(BotStoreError) -> String? {
        guard let text = try body.text(name) else { return nil }
        guard (1...512).contains(text.utf8.count), text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw body.wrong(name, "1 to 512 visible ASCII characters")
        }
        return text
    }

    private static func limits(_ body: AdminBody) throws(BotStoreError) -> BotLimits {
        var limits = BotLimits()
        let burst = try body.number("burst", in: 1...1_000_000).map { Int($0) }
        if let text = try body.text("requests") {
            guard text.hasSuffix("/s"), let rate = Double(text.dropLast(2)), rate > 0, rate <= 1_000_000 else {
                throw body.wrong("requests", "a number of requests a second, such as \"100/s\"")
            }
            limits.requests = RateLimit(rate: rate, burst: burst)
        } else if burst != nil {
            throw body.wrong("burst", "beside \"requests\"")
        }
        limits.sockets = try body.number("sockets", in: 0...1_000_000).map { Int($0) }
        limits.logBytes = try body.number("log_bytes", in: 1_024...(1 << 40)).map { Int($0) }
        return limits
    }

    private static func retention(_ body: AdminBody) throws(BotStoreError) -> BotRetention {
        var retention = BotRetention()
        retention.count = try body.number("count", in: 1...1_000_000).map { Int($0) }
        if let text = try body.text("age") {
            guard let age = DurationText.parse(text), age >= .seconds(1), age <= .hours(24 * 30) else {
                throw body.wrong("age", "a time from 1s to 30d, such as \"2h\"")
            }
            retention.age = age
        }
        return retention
    }
}
