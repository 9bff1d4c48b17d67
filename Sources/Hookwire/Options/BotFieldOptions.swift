// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser
internal import NIOCore
internal import Shared

/// A bot's settings besides its name and its secret.
struct BotFieldOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Where its webhooks come from: \(BotPlatform.allCases.map(\.rawValue).joined(separator: ", ")).",
            valueName: "platform"
        )
    )
    var platform: String = BotPlatform.qq.rawValue

    @Option(
        name: [.customLong("appid"), .customLong("app-id")],
        help: ArgumentHelp("The platform's name for it: QQ's and WeChat's app id.", valueName: "id")
    )
    var appID: String?

    @Option(help: ArgumentHelp("Messenger: the verify token.", valueName: "token"))
    var verifyToken: String?

    @Option(help: ArgumentHelp("WeChat, encrypted mode: the EncodingAESKey.", valueName: "key"))
    var aesKey: String?

    @Option(
        help: ArgumentHelp("Generic: the field of the signature or the secret, NAME or NAME:PREFIX.", valueName: "name")
    )
    var header: String?

    @Option(
        help: ArgumentHelp(
            "Generic: how webhooks are signed: \(BotRule.schemes.joined(separator: ", ")).",
            valueName: "scheme"
        )
    )
    var scheme: String?

    @Flag(help: "Generic: each webhook waits for the bot's reply.")
    var reply = false

    @Flag(inversion: .prefixedNo, help: "Whether the secret opens the bot's sockets too, beside its tokens.")
    var opensBySecret = true

    @Flag(help: "The secret is good for nothing without one of the bot's tokens beside it, as other relays have it.")
    var needsToken = false

    @Option(help: ArgumentHelp("How many webhooks it may get: 100/s, 30/m, 500/h.", valueName: "rate"))
    var requests: String?

    @Option(help: ArgumentHelp("How many of them at once. (default: what comes in a second)", valueName: "number"))
    var burst: Int?

    @Option(help: ArgumentHelp("How many sockets it may have at a time.", valueName: "number"))
    var sockets: Int?

    @Option(help: ArgumentHelp("How many bytes of events its log may have.", valueName: "size"))
    var logBytes: String?

    @Option(help: ArgumentHelp("How many events its log retains. (default: as the node)", valueName: "number"))
    var retentionCount: Int?

    @Option(help: ArgumentHelp("How long an event is retained. (default: as the node)", valueName: "time"))
    var retentionAge: String?

    @Option(
        help: ArgumentHelp(
            "An origin whose pages may open its sockets, such as https://bot.example. May be repeated. (default: any)",
            valueName: "origin"
        )
    )
    var origin: [String] = []

    /// The bot of these fields.
    func bot(_ name: BotName, secret: Secret) throws -> Bot {
        guard let platform = BotPlatform(rawValue: self.platform) else {
            let words = BotPlatform.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("--platform must be one of \(words).")
        }
        try Self.check("The secret", BotRule.fault(ofSecret: secret))
        var bot = Bot(name: name, platform: platform, secret: secret)
        bot.appID = self.appID
        bot.options.verifyToken = self.verifyToken.map { Secret($0) }
        bot.options.aesKey = self.aesKey.map { Secret($0) }
        bot.options.header = self.header
        bot.options.scheme = self.scheme
        bot.options.waitsForReply = self.reply
        bot.opensBySecret = self.opensBySecret
        bot.needsToken = self.needsToken
        bot.allowedOrigins = self.origin.isEmpty ? nil : self.origin
        try Self.check("--appid", bot.appID.flatMap { BotRule.fault(ofAppID: $0) })
        try Self.check("--verify-token", bot.options.verifyToken.flatMap { BotRule.fault(ofToken: $0) })
        try Self.check("--aes-key", bot.options.aesKey.flatMap { BotRule.fault(ofAESKey: $0) })
        try Self.check("--header", bot.options.header.flatMap { BotRule.fault(ofHeader: $0) })
        try Self.check("--scheme", bot.options.scheme.flatMap { BotRule.fault(ofScheme: $0) })
        for origin in self.origin { try Self.check("--origin", BotRule.fault(ofOrigin: origin)) }
        guard self.origin.count <= Bot.originLimit else {
            throw ValidationError("There may be \(Bot.originLimit) times --origin at most.")
        }
        bot.limits = try self.limits()
        bot.retention = try self.retention()
        return bot
    }

    private func limits() throws -> BotLimits {
        var limits = BotLimits()
        let burst = try Self.bounded("--burst", self.burst, 1...BotRule.burstLimit)
        if let requests {
            guard let rate = RateText.parse(requests) else {
                throw ValidationError("--requests must be a rate such as 100/s, 30/m or 500/h.")
            }
            limits.requests = RateLimit(rate: rate, burst: burst)
        } else if burst != nil {
            throw ValidationError("--burst goes with --requests: give the rate too, such as 100/s.")
        }
        limits.sockets = try Self.bounded("--sockets", self.sockets, 0...BotRule.socketLimit)
        if let logBytes {
            guard let size = ByteCountText.parse(logBytes), BotRule.logSizes.contains(size) else {
                throw ValidationError("--log-bytes must be \(BotRule.logSizeSentence), such as 1MiB.")
            }
            limits.logBytes = size
        }
        return limits
    }

    private func retention() throws -> BotRetention? {
        let count = try Self.bounded("--retention-count", self.retentionCount, BotRule.retentionCounts)
        let age = try self.retentionAge.map { text in
            guard let age = DurationText.parse(text), BotRule.retentionAges.contains(age) else {
                throw ValidationError("--retention-age must be \(BotRule.retentionAgeSentence), such as 1h.")
            }
            return age
        }
        return count == nil && age == nil ? nil : BotRetention(count: count, age: age)
    }

    private static func bounded(_ name: String, _ number: Int?, _ range: ClosedRange<Int>) throws -> Int? {
        guard let number, !range.contains(number) else { return number }
        throw ValidationError("\(name) must be a whole number from \(range.lowerBound) to \(range.upperBound).")
    }

    private static func check(_ subject: String, _ fault: String?) throws {
        if let fault { throw ValidationError("\(subject) \(fault)") }
    }
}
