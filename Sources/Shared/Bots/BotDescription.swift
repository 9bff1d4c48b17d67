// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// The machine-readable description of a bot, in the admin API and `hookwire bots`. Contains no secret and no hash.
public enum BotDescription {
    /// The bot as a JSON object.
    ///
    /// - Parameters:
    ///   - now: in milliseconds since 1970.
    ///   - status: its traffic, in JSON; nil if not requested.
    public static func json(_ bot: Bot, now: Int64, status: [UInt8]? = nil) -> [UInt8] {
        var writer = JSONObjectWriter()
        writer.member("name", bot.name.text)
        writer.member("platform", bot.platform.rawValue)
        writer.member("channel", bot.channel.description)
        if let appID = bot.appID { writer.member("appid", appID) }
        writer.member("webhook", "/webhook/\(bot.platform.rawValue)/\(bot.name)")
        writer.member("socket", "/ws/\(bot.name)")
        writer.member("rotating", bot.previousSecret != nil)
        writer.member("opens_by_secret", bot.opensBySecret)
        writer.member("needs_token", bot.needsToken)
        writer.member("tokens", json: JSONWriter.array(bot.tokens.map { self.json($0, now: now) }))
        writer.member("limits", json: self.json(bot.limits))
        if let retention = bot.retention { writer.member("retention", json: self.json(retention)) }
        if let origins = bot.allowedOrigins {
            writer.member("origins", json: JSONWriter.array(origins.map { JSONWriter.string($0) }))
        }
        if let status { writer.member("status", json: status) }
        return writer.finish()
    }

    private static func json(_ token: SocketToken, now: Int64) -> [UInt8] {
        var writer = JSONObjectWriter()
        writer.member("name", token.label.text)
        let scopes = TokenScope.allCases.filter { token.scopes.contains($0) }
        writer.member("scopes", json: JSONWriter.array(scopes.map { JSONWriter.string($0.rawValue) }))
        if let expiry = token.expiry { writer.member("expires", UTCTimeText.format(milliseconds: expiry)) }
        writer.member("expired", token.isExpired(at: now))
        return writer.finish()
    }

    private static func json(_ limits: BotLimits) -> [UInt8] {
        var writer = JSONObjectWriter()
        if let requests = limits.requests {
            writer.member("requests", RateText.format(requests.rate))
            writer.member("burst", requests.burst)
        }
        if let sockets = limits.sockets { writer.member("sockets", sockets) }
        if let bytes = limits.logBytes { writer.member("log_bytes", bytes) }
        return writer.finish()
    }

    private static func json(_ retention: BotRetention) -> [UInt8] {
        var writer = JSONObjectWriter()
        if let count = retention.count { writer.member("count", count) }
        if let age = retention.age { writer.member("age", DurationText.format(age)) }
        return writer.finish()
    }
}
