// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Shared
import Testing

@testable import BotFile

@Suite struct BotFileReaderTests {
    private func read(_ text: String) -> BotFileContent {
        BotFileReader.read(text, path: "bots.yaml")
    }

    /// Every key is understood, in the form of a map.
    @Test func everything() throws {
        let content = self.read(
            """
            # Ours.
            bots:
              support:
                platform: generic
                secret: "12345678"
                previous_secret: 87654321
                appid: 102030
                verify_token: t
                aes_key: abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG
                header: X-Signature
                scheme: bearer
                reply: true
                opens_by_secret: false
                needs_token: true
                tokens:
                  - name: laptop
                    hash: sha256:1111111111111111111111111111111111111111111111111111111111111111
                    scopes: [receive, replay]
                    expires: 2099-01-01
                  - {name: imported, hash: "md5:22222222222222222222222222222222"}
                limits: {requests: 100/s, burst: 300, sockets: 3, log_bytes: 1MiB}
                retention: {count: 10, age: 1h}
                origins: https://bot.example
                channel: 0123456789abcdef0123456789abcdef
            """
        )
        #expect(content.faults.isEmpty)
        let bot = try #require(content.bots.first)
        #expect(bot.name == BotName("support"))
        #expect(bot.platform == .generic)
        #expect(bot.secret == Secret("12345678"))
        #expect(bot.previousSecret == Secret("87654321"))
        #expect(bot.appID == "102030")
        #expect(bot.options.verifyToken == Secret("t"))
        #expect(bot.options.aesKey?.utf8Count == 43)
        #expect(bot.options.header == "X-Signature")
        #expect(bot.options.scheme == "bearer")
        #expect(bot.options.waitsForReply)
        #expect(!bot.opensBySecret)
        #expect(bot.needsToken)
        #expect(bot.tokens.map(\.scopes) == [[.receive, .replay], [.receive, .reply]])
        #expect(bot.tokens[0].expiry == 4_070_908_800_000)
        #expect(bot.limits.requests == RateLimit(rate: 100, burst: 300))
        #expect(bot.limits.sockets == 3)
        #expect(bot.limits.logBytes == 1 << 20)
        #expect(bot.retention == BotRetention(count: 10, age: .hours(1)))
        #expect(bot.allowedOrigins == ["https://bot.example"])
        #expect(bot.channel.description == "0123456789abcdef0123456789abcdef")
        #expect(content.heading == ["# Ours."])
        #expect(!content.hasInnerComments)
    }

    /// A comment begins a line, or stands behind a space or a tab; those at the top of the file are its heading.
    @Test(arguments: [
        ("bots: {} # c\n", true), ("bots: {}\t# c\n", true), ("bots: {} \t#c\n", true), ("bots: {}\n# c\n", true),
        ("bots: {}\n  # c\n", true), ("bots: {}\t#\u{301}\n", true), ("bots: {}\t# c\r\n", true),
        ("# c\nbots: {}\n", false), ("bots: {a#b: 1}\n", false),
    ])
    func innerComments(text: String, hasOne: Bool) {
        #expect(self.read(text).hasInnerComments == hasOne)
    }

    /// A list of bots with names says the same, and a bot's channel is its name's where nothing else is said.
    @Test func list() throws {
        let content = self.read("bots:\n  - name: a\n    platform: qq\n    secret: 12345678\n")
        #expect(content.faults.isEmpty)
        #expect(content.bots.first?.channel == (BotName("a").map { ChannelID(bot: $0) }))
        #expect(self.read("bots: {}").faults.isEmpty)
        #expect(self.read("bots: []").bots.isEmpty)
    }

    /// What is wrong is told with its line and what mends it.
    @Test(arguments: [
        ("", nil, "The file is empty"),
        ("bots:\n", 1, "a mapping of names to bots, or a list"),
        ("robots: {}\n", 1, "did you mean bots?"),
        ("bots:\n  a: [1\n  b: {\n", 3, "This is no YAML"),
        ("bots:\n\ta: 1\n", 2, "This is no YAML"),
        ("bots:\n  a: {platform: qq, secret: 12345678, sekret: x}\n", 2, "did you mean secret?"),
        (
            "bots:\n  a: {platform: qq, secret: 12345678}\n  b: {platform: qq, secret: 12345679}\n  a: {}\n", 4,
            "first on line 2"
        ),
        (
            "bots:\n- {name: a, platform: qq, secret: 12345678}\n- {name: a, platform: qq, secret: 12345679}\n", 3,
            "first on line 2"
        ),
        ("bots:\n  a:\n    platform: qq\n    secret: short\n", 4, "has 5 bytes and can be guessed"),
        ("bots:\n  a:\n    platform: qq\n", 2, "has no secret"),
        ("bots:\n  a:\n    secret: 12345678\n", 2, "has no platform"),
        ("bots:\n  a:\n    platform: icq\n    secret: 12345678\n", 3, "must be one of qq, wechat"),
        (
            "bots:\n  \"a\\u0007b\":\n    platform: qq\n    secret: 12345678\n", 2,
            "What stands here is no name of a bot"
        ),
        (
            "bots:\n  a:\n    platform: qq\n    secret: 12345678\n  b:\n    platform: qq\n    secret: 12345678\n", 5,
            "the same secret"
        ),
        (
            "bots:\n  a: {platform: qq, secret: 12345678, appid: 1}\n  b: {platform: qq, secret: 12345679, appid: 1}\n",
            3,
            "the same appid"
        ),
        (
            "bots:\n  a:\n    platform: qq\n    secret_file: /nonexistent/s\n", 4,
            "No such file or directory; check the path"
        ),
        ("bots:\n  a:\n    platform: qq\n    secret: 12345678\n    secret_file: s\n", 5, "both secret and secret_file"),
        ("bots:\n  a:\n    platform: qq\n    secret:\n", 4, "has no text"),
        (
            "bots:\n  a:\n    platform: qq\n    secret: 12345678\n    limits:\n      requests: 100\n", 6,
            "a rate such as 100/s"
        ),
        (
            "bots:\n  a:\n    platform: qq\n    secret: 12345678\n    limits: {burst: 1}\n", 5,
            "burst goes with requests"
        ),
        ("bots:\n  a:\n    platform: qq\n    secret: 12345678\n    retention: {age: 1y}\n", 5, "a time from 1s to 30d"),
        (
            "bots:\n  a:\n    platform: qq\n    secret: 12345678\n    origins:\n      - https://a/b\n", 6,
            "without a path"
        ),
        ("bots:\n  a:\n    platform: qq\n    secret: 12345678\n    tokens: [{name: x}]\n", 5, "has no hash"),
        ("bots:\n  a:\n    platform: qq\n    secret: 12345678\n    reply: maybe\n", 5, "true or false"),
        ("bots:\n  a:\n    platform: qq\n    secret: \"1234567\\n8\"\n", 4, "has control characters"),
    ])
    func faults(text: String, line: Int?, sentence: String) {
        let faults = self.read(text).errors
        #expect(faults.contains { $0.line == line && $0.sentence.contains(sentence) }, "\(faults)")
    }

    /// All that is wrong is told at once, in the order of the lines, and no secret with it.
    @Test func allFaultsAndNoSecret() {
        let content = self.read(
            """
            bots:
              a:
                platform: qq
                secret: hunter2
                tokens: [{name: x, hash: hwt_topsecret}]
              b:
                platform: icq
                secret: alsosecret99
                aes_key: keysecret
                colour: red
            """
        )
        #expect(content.errors.map(\.line) == [4, 5, 7, 9, 10])
        let said = content.faults.map(\.description).joined(separator: "\n")
        for secret in ["hunter2", "hwt_topsecret", "alsosecret99", "keysecret"] { #expect(!said.contains(secret)) }
        #expect(said.hasPrefix("bots.yaml:4: "))
    }

    /// A text that is no YAML is not quoted either: it may be a secret.
    @Test func brokenTextIsNotQuoted() {
        let said = self.read("bots:\n  a:\n    secret: 'hunter2\n").faults.map(\.description).joined()
        #expect(!said.isEmpty && !said.contains("hunter2"))
    }

    /// A token that has expired is a warning with its line, and the bot stands.
    @Test func expiredToken() {
        let content = self.read(
            """
            bots:
              a:
                platform: qq
                secret: 12345678
                tokens:
                  - name: old
                    hash: sha256:1111111111111111111111111111111111111111111111111111111111111111
                    expires: 2020-01-01
            """
        )
        #expect(content.errors.isEmpty && content.bots.count == 1)
        #expect(content.warnings.map(\.line) == [8])
    }

    /// An AES key of WeChat's alone decrypts nothing: a warning with its line.
    @Test func aesKeyWithoutAnAppID() {
        func warnings(_ platform: String, _ more: String = "") -> [Int?] {
            let content = self.read(
                """
                bots:
                  a:
                    platform: \(platform)
                    secret: "12345678"
                    aes_key: abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG
                \(more)
                """
            )
            #expect(content.errors.isEmpty && content.bots.count == 1)
            return content.warnings.map(\.line)
        }
        #expect(warnings("wechat") == [5])
        #expect(warnings("wechat", "    appid: wx1234567890abcdef").isEmpty)
        #expect(warnings("qq").isEmpty)
    }

    /// So many faults as a person reads are told, and the rest counted.
    @Test func manyFaults() {
        let lines = (0..<200).map { "  b\($0): {platform: qq}\n" }.joined()
        let content = self.read("bots:\n" + lines)
        #expect(content.errors.count == BotFileReader.faultLimit + 1)
        #expect(content.errors.last?.sentence.contains("150 more") == true)
    }

    /// Anchors and aliases are refused, where a few of them stand for a text without end too, and what is nested too deep.
    @Test func bombs() {
        var bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n"
        let letters = Array("abcdefghijklm")
        for (last, next) in zip(letters, letters.dropFirst()) {
            bomb += "\(next): &\(next) [\(Array(repeating: "*\(last)", count: 9).joined(separator: ","))]\n"
        }
        bomb += "? *m\n: 1\nbots: {}\n"
        let faults = BotFileReader.read(bomb, path: "bots.yaml").errors
        #expect(faults.map(\.line) == [1])
        #expect(faults.first?.sentence.contains("aliases") == true)
        let quoted = "bots: {a: {platform: qq, secret: '&a *a &b', verify_token: a&b*c}}"
        #expect(BotFileReader.read(quoted, path: "bots.yaml").errors.isEmpty)
        let deep = "bots: " + String(repeating: "[", count: 500) + String(repeating: "]", count: 500)
        #expect(BotFileReader.read(deep, path: "bots.yaml").errors.first?.sentence.contains("deeper") == true)
    }

    /// Whatever stands in the wrong place, it may be a secret, and is not repeated.
    @Test(arguments: [
        "bots: {a: {platform: SECRETvalue1, secret: SECRETvalue2}}",
        "bots: {a: {platform: qq, SECRETvalue1: 1, secret: SECRETvalue2}}",
        "bots: {'SECRETvalue 1': {platform: icq, secret: 1}}",
        "bots: {a: {platform: qq, secret: SECRETvalue2, secret_file: SECRETvalue1}}",
        "bots: {a: {platform: qq, secret_file: SECRETvalue1}}",
        "bots: {a: {platform: qq, secret: SECRETvalue2, origins: [SECRETvalue1]}}",
        "bots: {a: {platform: qq, secret: SECRETvalue2, reply: SECRETvalue1, channel: SECRETvalue1}}",
        "bots: {a: {platform: qq, secret: SECRETvalue2, tokens: [{name: SECRETvalue=, hash: SECRETvalue, expires: SECRETvalue}]}}",
        "bots: {a: {platform: qq, secret: SECRETvalue2, SECRETvalue1: 1, SECRETvalue1: 2}}",
        "SECRETvalue: 1\nbots: {}\n",
    ])
    func repeatsNothing(text: String) {
        let faults = BotFileReader.read(text, path: "bots.yaml").errors
        #expect(!faults.isEmpty)
        for fault in faults { #expect(!fault.description.contains("SECRETvalue")) }
    }
}
