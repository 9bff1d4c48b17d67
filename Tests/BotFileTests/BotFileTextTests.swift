// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import SeededRandom
import Shared
import Testing

@testable import BotFile

@Suite struct BotFileTextTests {
    /// Code points that readers of YAML refuse, fold, escape or take for something else.
    private static let odd: [UInt32] = [
        0x20, 0x21, 0x22, 0x23, 0x25, 0x26, 0x27, 0x2A, 0x2D, 0x3A, 0x3F, 0x40, 0x5B, 0x5C, 0x60, 0x7B, 0x7C, 0x7E,
        0x7F, 0x80,
        0x85, 0x9F, 0xA0, 0xAD, 0x301, 0x2028, 0x2029, 0x200B, 0xD7FF, 0xE000, 0xFDD0, 0xFEFF, 0xFFF9, 0xFFFD, 0xFFFE,
        0xFFFF,
        0x10000, 0x1F600, 0x1FFFE, 0x10FFFF, 0, 9, 10, 13, 27,
    ]

    private func text(_ random: inout SeededRandom) -> String {
        var text = String.UnicodeScalarView()
        for _ in 0..<Int.random(in: 1...20, using: &random) {
            let value =
                Bool.random(using: &random)
                ? Self.odd[Int.random(in: 0..<Self.odd.count, using: &random)]
                : UInt32.random(in: 0x20...0x17F, using: &random)
            if let scalar = Unicode.Scalar(value) { text.append(scalar) }
        }
        return String(text)
    }

    /// A text that a rule takes.
    private func text(_ random: inout SeededRandom, _ fault: (String) -> String?) -> String {
        while true {
            let text = self.text(&random)
            if fault(text) == nil { return text }
        }
    }

    private func visible(_ random: inout SeededRandom) -> String {
        String(
            decoding: (0..<Int.random(in: 1...12, using: &random)).map { _ in
                UInt8.random(in: 0x21...0x7E, using: &random)
            },
            as: UTF8.self
        )
    }

    private func maybe<Value>(_ random: inout SeededRandom, _ value: (inout SeededRandom) -> Value) -> Value? {
        Bool.random(using: &random) ? value(&random) : nil
    }

    private func bot(_ random: inout SeededRandom) throws -> Bot {
        let names = [
            "a", "null", "true", "y", "1e5", "0x1", "123", "1.0", "a..b", "constructor", "A_b-c.", "no", "2027-01-01",
        ]
        let name = try #require(names.randomElement(using: &random).flatMap { BotName($0) })
        let platform = try #require(BotPlatform.allCases.randomElement(using: &random))
        let secret = { (random: inout SeededRandom) in
            Secret(self.text(&random) { BotRule.fault(ofSecret: Secret($0)) })
        }
        var bot = Bot(name: name, platform: platform, secret: secret(&random))
        if Bool.random(using: &random) { bot.channel = ChannelID(bot: name) }
        bot.previousSecret = self.maybe(&random, secret)
        bot.options.verifyToken = self.maybe(&random) { random in
            Secret(self.text(&random) { BotRule.fault(ofToken: Secret($0)) })
        }
        bot.options.aesKey = self.maybe(&random) { _ in Secret(String(repeating: "a", count: 42) + "E") }
        bot.options.previousAESKey = self.maybe(&random) { _ in Secret(String(repeating: "b", count: 42) + "E") }
        bot.appID = self.maybe(&random) { self.visible(&$0) }
        bot.options.header = self.maybe(&random) { "X-\(Int.random(in: 0...9, using: &$0)): " + self.visible(&$0) }
        bot.options.scheme = self.maybe(&random) { BotRule.schemes.randomElement(using: &$0) ?? "none" }
        bot.options.waitsForReply = Bool.random(using: &random)
        bot.opensBySecret = Bool.random(using: &random)
        bot.needsToken = Bool.random(using: &random)
        bot.limits.sockets = self.maybe(&random) { Int.random(in: 0...BotRule.socketLimit, using: &$0) }
        bot.limits.logBytes = self.maybe(&random) { Int.random(in: 1_024...(1 << 40), using: &$0) }
        bot.limits.requests = self.maybe(&random) { random in
            let rate =
                "\(Int.random(in: 1...9_999, using: &random))/\(["s", "m", "h"].randomElement(using: &random) ?? "s")"
            let burst = Bool.random(using: &random) ? Int.random(in: 1...1_000_000, using: &random) : nil
            return RateLimit(rate: RateText.parse(rate) ?? 1, burst: burst)
        }
        let retention = BotRetention(
            count: self.maybe(&random) { Int.random(in: 1...1_000_000, using: &$0) },
            age: self.maybe(&random) { .milliseconds(.random(in: 1_000...(30 * 86_400_000), using: &$0)) }
        )
        bot.retention = retention == BotRetention() ? nil : retention
        bot.allowedOrigins = self.maybe(&random) { random in
            (0..<Int.random(in: 0...2, using: &random)).map { _ in
                while true {
                    let origin = "https://" + self.visible(&random)
                    if BotRule.fault(ofOrigin: origin) == nil { return origin }
                }
            }
        }
        if Bool.random(using: &random) {
            let label = try #require(names.randomElement(using: &random).flatMap { BotName($0) })
            let scopes = Set(TokenScope.allCases.filter { _ in Bool.random(using: &random) })
            let expiry = self.maybe(&random) { Int64.random(in: 1...4_000_000_000, using: &$0) * 1_000 }
            let hash = TokenHash.sha256(random.bytes(32))
            bot.tokens = [SocketToken(label: label, hash: hash, scopes: scopes, expiry: expiry)]
        }
        return bot
    }

    /// Whatever bot the rules take is read again as it was: the file that a command writes can be changed by the next.
    @Test func readsWhatItWrites() throws {
        var random = SeededRandom(for: "BotFileTextTests")
        let end = ContinuousClock.now + .seconds(1)
        repeat {
            let bot = try self.bot(&random)
            if bot.previousSecret == bot.secret { continue }
            var content = BotFileContent()
            content.bots = [bot]
            let text = BotFileText.text(content)
            let read = BotFileReader.read(text, path: "bots.yaml")
            try #require(read.errors.isEmpty && read.bots == [bot], "\(read.errors) \(random)\n\(text)")
        } while ContinuousClock.now < end
    }

    /// Characters that no reader takes as they are are escaped, whatever the rules say of them.
    @Test(arguments: [0x1, 0x7F, 0x80, 0x85, 0x9F, 0x2028, 0xFEFF, 0xFFFE, 0xFFFF] as [UInt32])
    func escapes(value: UInt32) throws {
        let scalar = try #require(Unicode.Scalar(value))
        var bot = Bot(name: try #require(BotName("a")), platform: .qq, secret: Secret("12345678"))
        bot.options.header = "X:\(scalar)"
        var content = BotFileContent()
        content.bots = [bot]
        let text = BotFileText.text(content)
        #expect(!text.unicodeScalars.contains(scalar))
        let read = BotFileReader.read(text, path: "bots.yaml")
        // The header is wrong by its rule, and yet it is YAML.
        #expect(read.errors.map(\.line) == [5])
        #expect(read.errors.first?.sentence.hasPrefix("header of the bot a") == true)
    }

    /// A retention that says nothing is not written.
    @Test func emptyRetention() throws {
        var bot = Bot(name: try #require(BotName("a")), platform: .qq, secret: Secret("12345678"))
        bot.retention = BotRetention()
        var content = BotFileContent()
        content.bots = [bot]
        #expect(BotFileReader.read(BotFileText.text(content), path: "bots.yaml").errors.isEmpty)
    }
}
