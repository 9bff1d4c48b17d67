// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// A bot in a request's body: the same names as in the registry's YAML file.
enum BotBody {
    private static let options = [
        "appid", "verify_token", "aes_key", "previous_aes_key", "header", "scheme", "reply", "opens_by_secret",
        "needs_token", "limits", "retention", "origins",
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
        let body = try AdminBody(body, members: self.options)
        return BotChange.edit { (bot) throws(BotStoreError) in try Self.apply(body, to: &bot) }
    }

    private static func apply(_ body: AdminBody, to bot: inout Bot) throws(BotStoreError) {
        try self.set(&bot.appID, body, "appid") { (body, name) throws(BotStoreError) in
            try self.text(body, name, rule: BotRule.fault(ofAppID:))
        }
        try self.set(&bot.options.verifyToken, body, "verify_token") {
            (body, name) throws(BotStoreError) in try self.secret(body, name, rule: BotRule.fault(ofToken:))
        }
        try self.set(&bot.options.aesKey, body, "aes_key") { (body, name) throws(BotStoreError) in
            try self.secret(body, name, rule: BotRule.fault(ofAESKey:))
        }
        try self.set(&bot.options.previousAESKey, body, "previous_aes_key") { (body, name) throws(BotStoreError) in
            try self.secret(body, name, rule: BotRule.fault(ofAESKey:))
        }
        try self.set(&bot.options.header, body, "header") { (body, name) throws(BotStoreError) in
            try self.text(body, name, rule: BotRule.fault(ofHeader:))
        }
        try self.set(&bot.options.scheme, body, "scheme") { (body, name) throws(BotStoreError) in
            try self.text(body, name, rule: BotRule.fault(ofScheme:))
        }
        if let waits = try body.truth("reply") { bot.options.waitsForReply = waits }
        if let opens = try body.truth("opens_by_secret") { bot.opensBySecret = opens }
        if let needs = try body.truth("needs_token") { bot.needsToken = needs }
        if body.takesAway("limits") { bot.limits = BotLimits() }
        if let limits = try body.object("limits") { try self.apply(limits, to: &bot.limits) }
        if body.takesAway("retention") { bot.retention = nil }
        if let retention = try body.object("retention") { try self.apply(retention, to: &bot.retention) }
        try self.set(&bot.allowedOrigins, body, "origins") { (body, name) throws(BotStoreError) in
            guard let origins = try body.texts(name) else { return nil }
            return try self.origins(origins, body)
        }
    }

    /// Sets what the body gives, takes away what it says is null, and leaves what it does not name.
    private static func set<Value>(
        _ target: inout Value?,
        _ body: AdminBody,
        _ name: String,
        _ read: (AdminBody, String) throws(BotStoreError) -> Value?
    ) throws(BotStoreError) {
        if body.takesAway(name) {
            target = nil
        } else if let value = try read(body, name) {
            target = value
        }
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

    private static func apply(_ body: AdminBody, to limits: inout BotLimits) throws(BotStoreError) {
        let burst = try body.number("burst", in: 1...BotRule.burstLimit)
        let before = limits.requests
        // A burst of one second's worth is the default, not an explicit value.
        let named = before.flatMap { $0 == RateLimit(rate: $0.rate) ? nil : $0.burst }
        let kept = burst ?? (body.takesAway("burst") ? nil : named)
        if body.takesAway("requests") { limits.requests = nil }
        if let text = try body.text("requests") {
            guard let rate = RateText.parse(text) else {
                throw body.wrong("requests", "a rate such as \"100/s\", \"30/m\" or \"500/h\"")
            }
            limits.requests = RateLimit(rate: rate, burst: kept)
        } else if let rate = limits.requests?.rate {
            limits.requests = RateLimit(rate: rate, burst: kept)
        } else if burst != nil {
            throw body.wrong("burst", "beside \"requests\"")
        }
        try self.set(&limits.sockets, body, "sockets") { (body, name) throws(BotStoreError) in
            try body.number(name, in: 0...BotRule.socketLimit)
        }
        try self.set(&limits.logBytes, body, "log_bytes") { (body, name) throws(BotStoreError) in
            try body.number(name, in: BotRule.logSizes)
        }
    }

    private static func apply(_ body: AdminBody, to retention: inout BotRetention?) throws(BotStoreError) {
        var changed = retention ?? BotRetention()
        try self.set(&changed.count, body, "count") { (body, name) throws(BotStoreError) in
            try body.number(name, in: BotRule.retentionCounts)
        }
        try self.set(&changed.age, body, "age") { (body, name) throws(BotStoreError) in
            guard let text = try body.text(name) else { return nil }
            guard let age = DurationText.parse(text), BotRule.retentionAges.contains(age) else {
                throw body.wrong(name, "\(BotRule.retentionAgeSentence), such as \"2h\"")
            }
            return age
        }
        retention = changed == BotRetention() ? nil : changed
    }
}
