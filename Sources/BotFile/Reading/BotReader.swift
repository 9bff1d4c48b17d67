// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared
internal import Yams

/// Reads one bot of the file.
struct BotReader {
    private let fields: Fields
    private let name: BotName
    private var secrets: SecretFields

    /// - Parameter folder: where relative paths begin.
    init(_ fields: Fields, name: BotName, folder: String) {
        self.fields = fields
        self.name = name
        self.secrets = SecretFields(fields, owner: "the bot \(name)", folder: folder)
    }

    /// The files of its secrets that were named.
    var files: [String] { self.secrets.files }

    /// The bot; nil where something is wrong with it, which the log says.
    mutating func read(_ log: inout FaultLog) -> (bot: Bot, paths: SecretPaths)? {
        let errorCount = log.errorCount
        var paths = SecretPaths()
        let platform = self.platform(&log)
        let secret = self.secrets.secret("secret", &log, rule: BotRule.fault(ofSecret:))
        let previous = self.secrets.secret("previous_secret", &log, rule: BotRule.fault(ofSecret:))
        let verifyToken = self.secrets.secret("verify_token", &log, rule: BotRule.fault(ofToken:))
        let aesKey = self.secrets.secret("aes_key", &log, rule: BotRule.fault(ofAESKey:))
        let previousAESKey = self.secrets.secret("previous_aes_key", &log, rule: BotRule.fault(ofAESKey:))
        (paths.secret, paths.previousSecret) = (secret.path, previous.path)
        (paths.verifyToken, paths.aesKey) = (verifyToken.path, aesKey.path)
        paths.previousAESKey = previousAESKey.path
        if self.fields.node("secret") == nil, self.fields.node("secret_file") == nil {
            log.error(
                self.fields.line,
                "The bot \(self.name) has no secret; give secret:, or secret_file: with the path of a file that has it."
            )
        }
        if let previous = previous.secret, previous == secret.secret {
            // In the middle of a rotation by files it is: the present secret is kept first, and then the new one put in.
            log.warn(
                self.fields.line(
                    of: self.fields.node("previous_secret") == nil ? "previous_secret_file" : "previous_secret"
                ),
                "The previous secret of the bot \(self.name) is its secret still; give the new one, or remove the previous."
            )
        }
        let channel = self.fields.value("channel", "32 hexadecimal digits", &log) { ChannelID($0) }
        // What is made up here is never returned: without a secret or a platform there has been a fault.
        var bot = Bot(
            name: self.name,
            platform: platform ?? .generic,
            secret: secret.secret ?? Secret(""),
            channel: channel ?? ChannelID(bot: self.name)
        )
        bot.previousSecret = previous.secret == secret.secret ? nil : previous.secret
        bot.options.verifyToken = verifyToken.secret
        bot.options.aesKey = aesKey.secret
        bot.options.previousAESKey = previousAESKey.secret
        self.readOptions(&bot, &log)
        self.readTokens(&bot, &log)
        self.readLimits(&bot, &log)
        self.readRetention(&bot, &log)
        self.readOrigins(&bot, &log)
        self.readFormerChannels(&bot, &log)
        return log.errorCount == errorCount ? (bot, paths) : nil
    }

    private func platform(_ log: inout FaultLog) -> BotPlatform? {
        let words = BotPlatform.allCases.map(\.rawValue).joined(separator: ", ")
        guard self.fields.node("platform") != nil else {
            log.error(self.fields.line, "The bot \(self.name) has no platform; give platform:, one of \(words).")
            return nil
        }
        return self.fields.value("platform", "one of \(words)", &log) { BotPlatform(rawValue: $0) }
    }

    private func readOptions(_ bot: inout Bot, _ log: inout FaultLog) {
        bot.appID = self.checked("appid", &log, rule: BotRule.fault(ofAppID:))
        if bot.platform == .wechat, bot.options.aesKey != nil, bot.appID == nil, self.fields.node("appid") == nil {
            // The URL may still set it, beside the secret.
            log.warn(
                self.fields.line(of: self.fields.node("aes_key") == nil ? "aes_key_file" : "aes_key"),
                "The bot \(self.name) has an aes_key and no appid, which decrypting a message takes too; give appid:."
            )
        }
        bot.options.header = self.checked("header", &log, rule: BotRule.fault(ofHeader:))
        bot.options.scheme = self.checked("scheme", &log, rule: BotRule.fault(ofScheme:))
        bot.options.waitsForReply = self.fields.flag("reply", &log) ?? false
        bot.opensBySecret = self.fields.flag("opens_by_secret", &log) ?? true
        bot.needsToken = self.fields.flag("needs_token", &log) ?? false
    }

    private func checked(_ key: String, _ log: inout FaultLog, rule: (String) -> String?) -> String? {
        guard let text = self.fields.text(key, &log) else { return nil }
        guard let fault = rule(text) else { return text }
        log.error(self.fields.line(of: key), "\(key) of the bot \(self.name) \(fault)")
        return nil
    }

    private func readTokens(_ bot: inout Bot, _ log: inout FaultLog) {
        guard let nodes = self.fields.list("tokens", limit: Bot.tokenLimit, &log) else { return }
        for node in nodes {
            guard
                let fields = Fields(node, of: "a token of the bot \(self.name)", keys: .token, log: &log),
                let token = TokenReader(fields, bot: self.name).read(&log)
            else { continue }
            if bot.tokens.contains(where: { $0.label == token.label }) {
                log.error(fields.line, "The bot \(self.name) has two tokens \(token.label); rename or remove one.")
            }
            bot.tokens.append(token)
        }
        if bot.needsToken, nodes.isEmpty || bot.tokens.isEmpty {
            log.warn(
                self.fields.line(of: "needs_token"),
                "The bot \(self.name) needs a token and has none, so nothing reaches it; add one with hookwire bots token."
            )
        }
    }

    private func readLimits(_ bot: inout Bot, _ log: inout FaultLog) {
        guard let node = self.fields.node("limits"),
            let fields = Fields(
                node,
                of: "the limits of the bot \(self.name)",
                keys: .limits,
                line: self.fields.line(of: "limits"),
                log: &log
            )
        else { return }
        let rate = fields.value("requests", "a rate such as 100/s, 30/m or 500/h", &log) { RateText.parse($0) }
        let burst = fields.number("burst", in: 1...BotRule.burstLimit, &log)
        if let rate {
            bot.limits.requests = RateLimit(rate: rate, burst: burst)
        } else if burst != nil, fields.node("requests") == nil {
            log.error(fields.line(of: "burst"), "burst goes with requests; give the rate too, such as requests: 100/s.")
        }
        bot.limits.sockets = fields.number("sockets", in: 0...BotRule.socketLimit, &log)
        bot.limits.logBytes = fields.value("log_bytes", "\(BotRule.logSizeSentence), such as 1MiB", &log) { text in
            ByteCountText.parse(text).flatMap { BotRule.logSizes.contains($0) ? $0 : nil }
        }
    }

    private func readRetention(_ bot: inout Bot, _ log: inout FaultLog) {
        guard let node = self.fields.node("retention"),
            let fields = Fields(
                node,
                of: "the retention of the bot \(self.name)",
                keys: .retention,
                line: self.fields.line(of: "retention"),
                log: &log
            )
        else { return }
        let count = fields.number("count", in: BotRule.retentionCounts, &log)
        let age = fields.value("age", "\(BotRule.retentionAgeSentence), such as 1h", &log) { text in
            DurationText.parse(text).flatMap { BotRule.retentionAges.contains($0) ? $0 : nil }
        }
        if count != nil || age != nil { bot.retention = BotRetention(count: count, age: age) }
    }

    private func readFormerChannels(_ bot: inout Bot, _ log: inout FaultLog) {
        for node in self.fields.list("former_channels", limit: Bot.formerLimit, &log) ?? [] {
            guard let channel = node.scalar.flatMap({ ChannelID($0.string) }) else {
                log.error(
                    node.mark?.line ?? self.fields.line(of: "former_channels"),
                    "A former channel of the bot \(self.name) must be 32 hexadecimal digits."
                )
                continue
            }
            bot.remember(formerChannel: channel)
        }
    }

    private func readOrigins(_ bot: inout Bot, _ log: inout FaultLog) {
        guard let nodes = self.fields.list("origins", limit: Bot.originLimit, &log) else { return }
        bot.allowedOrigins = nodes.compactMap { node in
            let line = node.mark?.line ?? self.fields.line(of: "origins")
            let text = node.scalar?.string ?? ""
            guard let fault = BotRule.fault(ofOrigin: text) else { return text }
            log.error(line, "An origin of the bot \(self.name) \(fault)")
            return nil
        }
    }
}
