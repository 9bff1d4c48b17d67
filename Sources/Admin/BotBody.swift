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
        var bot = Bot(name: name, platform: platform, secret: try self.platformSecret(body))
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
        if let appID = try self.text(body, "appid", rule: BotRule.fault(ofAppID:)) { bot.appID = appID }
        if let token = try self.secret(body, "verify_token", rule: BotRule.fault(ofToken:)) {
            bot.options.verifyToken = token
        }
        if let key = try self.secret(body, "aes_key", rule: BotRule.fault(ofAESKey:)) { bot.options.aesKey = key }
        if let header = try self.text(body, "header", rule: BotRule.fault(ofHeader:)) { bot.options.header = header }
        if let scheme = try self.text(body, "scheme", rule: BotRule.fault(ofScheme:)) { bot.options.scheme = scheme }
        if let waits = try body.truth("reply") { bot.options.waitsForReply = waits }
        if let opens = try body.truth("opens_by_secret") { bot.opensBySecret = opens }
        if let needs = try body.truth("needs_token") { bot.needsToken = needs }
        if let limits = try body.object("limits") { bot.limits = try self.limits(limits) }
        if let retention = try body.object("retention") { bot.retention = try self.retention(retention) }
        if let origins = try body.texts("origins") { bot.allowedOrigins = try self.origins(origins, body) }
    }

    private static func text(
        _ body: AdminBody,
        _ name: String,
        rule: (String) -> String?
    ) throws(BotStoreError) -> String? {
        guard let text = try body.text(name) else { return nil }
        if let fault = rule(text) { throw body.fault(name, fault) }
        return text
    }

    private static func secret(
        _ body: AdminBody,
        _ name: String,
        rule: (Secret) -> String?
    ) throws(BotStoreError) -> Secret? {
        guard let secret = try body.text(name).map({ Secret($0) }) else { return nil }
        if let fault = rule(secret) { throw body.fault(name, fault) }
        return secret
    }

    /// A platform's secret, which must be there.
    static func platformSecret(_ body: AdminBody) throws(BotStoreError) -> Secret {
        let secret = Secret(try body.need("secret"))
        if let fault = BotRule.fault(ofSecret: secret) { throw body.fault("secret", fault) }
        return secret
    }

    private static func origins(_ origins: [String], _ body: AdminBody) throws(BotStoreError) -> [String] {
        guard origins.count <= Bot.originLimit else {
            throw body.wrong("origins", "at most \(Bot.originLimit) origins")
        }
        for origin in origins {
            if let fault = BotRule.fault(ofOrigin: origin) { throw body.fault("origins", fault) }
        }
        return origins
    }

    private static func limits(_ body: AdminBody) throws(BotStoreError) -> BotLimits {
        var limits = BotLimits()
        let burst = try body.number("burst", in: 1...1_000_000).map { Int($0) }
        if let text = try body.text("requests") {
            guard let rate = RateText.parse(text) else {
                throw body.wrong("requests", "a rate such as \"100/s\", \"30/m\" or \"500/h\"")
            }
            limits.requests = RateLimit(rate: rate, burst: burst)
        } else if burst != nil {
            throw body.wrong("burst", "beside \"requests\"")
        }
        limits.sockets = try body.number("sockets", in: 0...Int64(BotRule.socketLimit)).map { Int($0) }
        limits.logBytes = try body.number("log_bytes", in: 1_024...(1 << 40)).map { Int($0) }
        return limits
    }

    /// - Returns: nil for an object without members: as much as of everybody's.
    private static func retention(_ body: AdminBody) throws(BotStoreError) -> BotRetention? {
        var retention = BotRetention()
        retention.count = try body.number("count", in: 1...1_000_000).map { Int($0) }
        if let text = try body.text("age") {
            guard let age = DurationText.parse(text), age >= .seconds(1), age <= .hours(24 * 30) else {
                throw body.wrong("age", "a time from 1s to 30d, such as \"2h\"")
            }
            retention.age = age
        }
        return retention == BotRetention() ? nil : retention
    }
}
