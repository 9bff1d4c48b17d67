// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// A registered bot as one JSON object for programs. No secrets, and no hashes of tokens.
enum BotJSON {
    static func text(_ bot: Bot) -> String {
        var json = JSONObjectWriter()
        json.member("name", bot.name.text)
        json.member("platform", bot.platform.rawValue)
        if let appID = bot.appID { json.member("appid", appID) }
        json.member("channel", bot.channel.description)
        json.member("rotating", bot.previousSecret != nil)
        json.member("opens_by_secret", bot.opensBySecret)
        json.member("needs_token", bot.needsToken)
        json.member("tokens", json: self.array(bot.tokens.map(self.token)))
        json.member("limits", json: self.limits(bot.limits))
        if let retention = bot.retention {
            var object = JSONObjectWriter()
            if let count = retention.count { object.member("count", count) }
            if let age = retention.age { object.member("age", DurationText.format(age)) }
            json.member("retention", json: object.finish())
        }
        if let origins = bot.allowedOrigins { json.member("origins", json: self.array(origins.map(self.string))) }
        return String(decoding: json.finish(), as: UTF8.self)
    }

    private static func token(_ token: SocketToken) -> [UInt8] {
        var json = JSONObjectWriter()
        json.member("name", token.label.text)
        let scopes = TokenScope.allCases.filter { token.scopes.contains($0) }
        json.member("scopes", json: self.array(scopes.map { self.string($0.rawValue) }))
        if let expiry = token.expiry { json.member("expires", UTCTimeText.format(milliseconds: expiry)) }
        return json.finish()
    }

    private static func limits(_ limits: BotLimits) -> [UInt8] {
        var json = JSONObjectWriter()
        if let requests = limits.requests {
            json.member("requests", RateText.format(requests.rate))
            json.member("burst", requests.burst)
        }
        if let sockets = limits.sockets { json.member("sockets", sockets) }
        if let logBytes = limits.logBytes { json.member("log_bytes", logBytes) }
        return json.finish()
    }

    private static func string(_ text: String) -> [UInt8] {
        var json: [UInt8] = []
        JSONWriter.append(text, to: &json)
        return json
    }

    private static func array(_ elements: [[UInt8]]) -> [UInt8] {
        [UInt8(ascii: "[")] + Array(elements.joined(separator: [UInt8(ascii: ",")])) + [UInt8(ascii: "]")]
    }
}
