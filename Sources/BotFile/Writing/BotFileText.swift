// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// Writes a file of bots.
struct BotFileText {
    private var text = ""

    /// The text of a file with these bots, and the comment it began with.
    static func text(_ content: BotFileContent) -> String {
        var file = BotFileText()
        for line in content.heading { file.text += line + "\n" }
        guard !content.bots.isEmpty else { return file.text + "bots: {}\n" }
        file.text += "bots:\n"
        for bot in content.bots { file.append(bot, content.secretFiles[bot.name] ?? SecretPaths()) }
        return file.text
    }

    private mutating func append(_ bot: Bot, _ paths: SecretPaths) {
        self.text += "  \(Self.key(bot.name.text)):\n"
        self.line("platform", bot.platform.rawValue)
        self.secret("secret", bot.secret, paths.secret)
        self.secret("previous_secret", bot.previousSecret, paths.previousSecret)
        self.quoted("appid", bot.appID)
        self.secret("verify_token", bot.options.verifyToken, paths.verifyToken)
        self.secret("aes_key", bot.options.aesKey, paths.aesKey)
        self.secret("previous_aes_key", bot.options.previousAESKey, paths.previousAESKey)
        self.quoted("header", bot.options.header)
        self.line("scheme", bot.options.scheme)
        if bot.options.waitsForReply { self.line("reply", "true") }
        if !bot.opensBySecret { self.line("opens_by_secret", "false") }
        if bot.needsToken { self.line("needs_token", "true") }
        if bot.channel != ChannelID(bot: bot.name) { self.quoted("channel", bot.channel.description) }
        self.append(bot.formerChannels)
        self.append(bot.limits)
        if let retention = bot.retention, retention != BotRetention() {
            self.text += "    retention:\n"
            self.line("count", retention.count.map { "\($0)" }, indent: 6)
            self.line("age", retention.age.map { DurationText.format($0) }, indent: 6)
        }
        if let origins = bot.allowedOrigins {
            self.text += "    origins: [\(origins.map(Self.quote).joined(separator: ", "))]\n"
        }
        guard !bot.tokens.isEmpty else { return }
        self.text += "    tokens:\n"
        for token in bot.tokens { self.append(token) }
    }

    private mutating func append(_ formerChannels: [ChannelID]) {
        guard !formerChannels.isEmpty else { return }
        self.text +=
            "    former_channels: [\(formerChannels.map { Self.quote($0.description) }.joined(separator: ", "))]\n"
    }

    private mutating func append(_ limits: BotLimits) {
        guard limits != BotLimits() else { return }
        self.text += "    limits:\n"
        if let requests = limits.requests {
            self.line("requests", RateText.format(requests.rate), indent: 6)
            if requests != RateLimit(rate: requests.rate) { self.line("burst", "\(requests.burst)", indent: 6) }
        }
        self.line("sockets", limits.sockets.map { "\($0)" }, indent: 6)
        self.line("log_bytes", limits.logBytes.map { ByteCountText.format($0) }, indent: 6)
    }

    private mutating func append(_ token: SocketToken) {
        self.text += "      - name: \(Self.key(token.label.text))\n"
        self.quoted("hash", token.hash.description, indent: 8)
        let scopes = TokenScope.allCases.filter { token.scopes.contains($0) }.map(\.rawValue)
        self.line("scopes", "[\(scopes.joined(separator: ", "))]", indent: 8)
        self.quoted("expires", token.expiry.map { UTCTimeText.format(milliseconds: $0) }, indent: 8)
    }

    /// - Parameter path: of the file that has it; named also while what is there counts for nothing, as a previous secret
    ///   does that is the secret still.
    private mutating func secret(_ key: String, _ secret: Secret?, _ path: String?) {
        if let path { self.quoted(key + "_file", path) } else { self.quoted(key, secret?.exposeText()) }
    }

    private mutating func quoted(_ key: String, _ value: String?, indent: Int = 4) {
        self.line(key, value.map(Self.quote), indent: indent)
    }

    private mutating func line(_ key: String, _ value: String?, indent: Int = 4) {
        guard let value else { return }
        self.text += "\(String(repeating: " ", count: indent))\(key): \(value)\n"
    }

    /// A text in double quotes (YAML 1.2, section 7.3.1). What a reader may refuse, or take for a line break, is escaped
    /// (sections 5.1 and 5.7).
    private static func quote(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x22, 0x5C:
                quoted += "\\"
                quoted.unicodeScalars.append(scalar)
            case 0x20...0x7E, 0xA0...0x2027, 0x202A...0xD7FF, 0xE000...0xFEFE, 0xFF00...0xFFFD:
                quoted.unicodeScalars.append(scalar)
            case 0...0xFF: quoted += "\\x" + Self.hex(scalar, digits: 2)
            case 0x100...0xFFFF: quoted += "\\u" + Self.hex(scalar, digits: 4)
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }

    private static func hex(_ scalar: Unicode.Scalar, digits: Int) -> String {
        let text = String(scalar.value, radix: 16)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }

    /// A name: plain where no reader of YAML takes it for a number or a word of its own.
    private static func key(_ name: String) -> String {
        let words = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"]
        let isPlain = name.first?.isLetter == true && !words.contains(name.lowercased())
        return isPlain ? name : self.quote(name)
    }
}
