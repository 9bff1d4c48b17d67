// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// A bot as one JSON object, with its secrets: what a store encrypts. The name is not in it.
public enum BotRecord {
    /// The format version. A record of a later version is rejected: rewriting it would lose data.
    private static let version: Int64 = 1

    /// Why a record cannot be read. Reveals nothing of its content.
    public enum Fault: String, Error, Sendable {
        /// It is not a record.
        case malformed
        /// It was written by a later version of the program.
        case later
    }

    /// Writes a bot.
    public static func encode(_ bot: Bot) -> [UInt8] {
        var json = JSONObjectWriter()
        json.member("v", self.version)
        json.member("platform", bot.platform.rawValue)
        json.member("secret", bot.secret.exposeText())
        if let previous = bot.previousSecret { json.member("previous_secret", previous.exposeText()) }
        json.member("channel", bot.channel.description)
        if !bot.formerChannels.isEmpty {
            json.member("former_channels", json: self.array(bot.formerChannels.map { self.string($0.description) }))
        }
        if let appID = bot.appID { json.member("appid", appID) }
        json.member("options", json: self.encode(bot.options))
        json.member("tokens", json: self.array(bot.tokens.map(self.encode)))
        json.member("opens_by_secret", bot.opensBySecret)
        json.member("needs_token", bot.needsToken)
        json.member("limits", json: self.encode(bot.limits))
        if let retention = bot.retention { json.member("retention", json: self.encode(retention)) }
        if let origins = bot.allowedOrigins { json.member("origins", json: self.array(origins.map(self.string))) }
        return json.finish()
    }

    private static func encode(_ options: Bot.PlatformOptions) -> [UInt8] {
        var json = JSONObjectWriter()
        if let token = options.verifyToken { json.member("verify_token", token.exposeText()) }
        if let key = options.aesKey { json.member("aes_key", key.exposeText()) }
        if let key = options.previousAESKey { json.member("previous_aes_key", key.exposeText()) }
        if let header = options.header { json.member("header", header) }
        if let scheme = options.scheme { json.member("scheme", scheme) }
        json.member("reply", options.waitsForReply)
        return json.finish()
    }

    private static func encode(_ token: SocketToken) -> [UInt8] {
        var json = JSONObjectWriter()
        json.member("name", token.label.text)
        json.member("hash", token.hash.description)
        let scopes = TokenScope.allCases.filter { token.scopes.contains($0) }
        json.member("scopes", json: self.array(scopes.map { self.string($0.rawValue) }))
        if let expiry = token.expiry { json.member("expires", expiry) }
        return json.finish()
    }

    private static func encode(_ limits: BotLimits) -> [UInt8] {
        var json = JSONObjectWriter()
        if let requests = limits.requests {
            // As text: 20 per minute has no short decimal per second, and must round-trip.
            json.member("rate", "\(requests.rate)")
            json.member("burst", requests.burst)
        }
        if let sockets = limits.sockets { json.member("sockets", sockets) }
        if let logBytes = limits.logBytes { json.member("log_bytes", logBytes) }
        return json.finish()
    }

    private static func encode(_ retention: BotRetention) -> [UInt8] {
        var json = JSONObjectWriter()
        if let count = retention.count { json.member("count", count) }
        if let age = retention.age { json.member("age_ns", age.nanoseconds) }
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

    /// Reads what `encode` wrote. Unknown members are ignored.
    public static func decode(_ bytes: [UInt8], name: BotName) throws(Fault) -> Bot {
        let bot: Result<Bot, Fault> = bytes.withUnsafeBytes { bytes in
            // Validates the text once, so that its parts can be read.
            guard (try? JSONObjectView(validating: bytes, members: JSONMemberNames("v"))) != nil,
                bytes.first == UInt8(ascii: "{"), bytes.last == UInt8(ascii: "}")
            else { return .failure(.malformed) }
            return BotRecordReader.read(
                JSONValue(raw: bytes, range: 0..<bytes.count),
                name: name,
                latest: self.version
            )
        }
        return try bot.get()
    }
}
