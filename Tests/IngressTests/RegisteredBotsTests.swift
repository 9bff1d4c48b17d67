// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Logging
import NIOCore
import NIOEmbedded
import NIOHTTP1
import Shared
import Testing

@testable import Ingress

/// The tier with a registry: whose events it takes, and by which of a bot's secrets.
@Suite struct RegisteredBotsTests {
    private let loop = EmbeddedEventLoop()
    private let registry = BotRegistry()
    private let broker = StubBroker(feeds: 1)
    private static let secrets = ["new-secret-of-the-bot", "old-secret-of-the-bot"]

    /// A bot in the middle of a rotation.
    private func bot(_ platform: BotPlatform, _ change: (inout Bot) throws -> Void = { _ in }) throws -> Bot {
        var bot = Bot(name: try #require(BotName("demo")), platform: platform, secret: Secret(Self.secrets[0]))
        bot.previousSecret = Secret(Self.secrets[1])
        bot.channel = ChannelID(bot: bot.name)
        try change(&bot)
        return bot
    }

    /// What a node answers, by its status, its reason or else its body.
    private func respond(_ request: HTTPRequest, mode: AccessMode = .registered) throws -> String {
        let ingress = Ingress(
            configuration: IngressConfiguration(),
            broker: self.broker,
            drainState: nil,
            access: Access(mode: mode, registry: self.registry),
            clock: Clock { 1_400_000_000_000 },
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        )
        var router = Router()
        try ingress.addRoutes(to: &router, on: self.loop)
        return try self.text(of: router.respond(to: request))
    }

    private func text(of reply: HTTPReply) throws -> String {
        switch reply {
        case .response(let response): return "\(response.status.code) \(String(buffer: response.body))"
        case .eventually(let future), .promptly(let future):
            self.loop.run()
            return try self.text(of: future.wait())
        case .awaited: return "it waits for a reply"
        case .stream, .upgrade: return "something else"
        }
    }

    private func path(_ platform: String, named: Bool) -> String { named ? "\(platform)/demo" : platform }

    /// Both secrets are good for every platform's events, whether the URL has the secret or the bot's name, and all go to the
    /// bot's channel; another's is not.
    @Test(arguments: [true, false])
    func rotation(named: Bool) throws {
        func query(_ secret: String) -> [(String, String)] { named ? [] : [("secret", secret)] }
        let requests: [(BotPlatform, (String) throws -> HTTPRequest)] = [
            (
                .qq,
                { secret in
                    let body = #"{"op":0,"id":"e","d":{},"t":"T"}"#
                    var request = WebhookRequest(self.path("qq", named: named), query: query(secret), body: body)
                    let signature = try QQKey(secret: Secret(secret)).signature(
                        timestamp: "1400000000".utf8,
                        body: body.utf8
                    )
                    request.headers = [("X-Signature-Ed25519", signature), ("X-Signature-Timestamp", "1400000000")]
                    return request.request
                }
            ),
            (
                .messenger,
                { secret in
                    let body = #"{"object":"page","entry":[]}"#
                    let code = Hex.encode(HMACSHA256.code(key: secret.utf8, over: body.utf8))
                    var request = WebhookRequest(self.path("messenger", named: named), query: query(secret), body: body)
                    request.headers = [("X-Hub-Signature-256", "sha256=" + code)]
                    return request.request
                }
            ),
            (
                .generic,
                { secret in
                    let code = Hex.encode(HMACSHA256.code(key: secret.utf8, over: "hi".utf8))
                    var request = WebhookRequest(self.path("generic", named: named), query: query(secret), body: "hi")
                    request.headers = [("X-Hub-Signature-256", "sha256=" + code)]
                    return request.request
                }
            ),
            (
                .wechat,
                { secret in
                    var request = try WeChatSender(token: secret, key: nil).request()
                    if named { request[query: "secret"] = nil }
                    request.platform = self.path("wechat", named: named)
                    return request.request
                }
            ),
            (
                .dialogflow,
                { secret in
                    var request = WebhookRequest(
                        self.path("dialogflow", named: named),
                        query: query(secret),
                        body: #"{"responseId":"r","queryResult":{"queryText":"hi"}}"#
                    )
                    if named { request.headers = [("Authorization", "Bearer \(secret)")] }
                    return request.request
                }
            ),
        ]
        #expect(Set(requests.map(\.0)) == Set(BotPlatform.allCases))
        for (platform, make) in requests {
            self.registry.renew(BotDirectory([try self.bot(platform)]))
            for secret in Self.secrets {
                let count = self.broker.published.count
                let answer = try self.respond(try make(secret))
                #expect(self.broker.published.count == count + 1, "\(platform): \(answer)")
                #expect(self.broker.published.last?.channel == ChannelID(bot: try self.bot(platform).name))
            }
            let count = self.broker.published.count
            let answer = try self.respond(try make("another-secret"))
            #expect(answer.hasPrefix(named ? "401" : "404"), "\(platform): \(answer)")
            #expect(self.broker.published.count == count)
        }
    }

    /// What is not listed is nothing at all: the answer is that of any path that leads nowhere.
    @Test func unlisted() throws {
        self.registry.renew(BotDirectory([try self.bot(.generic)]))
        let nowhere = try self.respond(WebhookRequest("qq/x/y").request)
        let unlisted = [
            WebhookRequest("qq/other"), WebhookRequest("generic/other"), WebhookRequest("qq/demo"),
            WebhookRequest("wechat/demo"), WebhookRequest("generic", query: [("secret", "other-secret")]),
            WebhookRequest("qq", query: [("secret", "other-secret")]),
            WebhookRequest("qq", query: [("secret", Self.secrets[0])]),
            WebhookRequest("qq", headers: [("X-Bot-Appid", "1")]),
            WebhookRequest(.GET, "messenger", query: [("secret", "other-secret")]),
            WebhookRequest("generic", query: [("scheme", "bearer")], headers: [("Authorization", "Bearer other")]),
            WebhookRequest("dialogflow", headers: [("Authorization", "Bearer other")]),
        ]
        for request in unlisted {
            #expect(try self.respond(request.request) == nowhere, "\(request.platform) \(request.query)")
        }
        #expect(self.broker.published.isEmpty)
    }

    /// What is agreed on with a bot stands in the registry: somebody who knows its name alone cannot say that nothing is
    /// signed, or where to reply; somebody who knows the secret can.
    @Test func settings() throws {
        self.registry.renew(BotDirectory([try self.bot(.generic)]))
        let named = WebhookRequest("generic/demo", query: [("scheme", "none"), ("reply", "1")], body: "hi")
        #expect(try self.respond(named.request).contains("missing_signature"))
        let known = WebhookRequest("generic", query: [("scheme", "none"), ("secret", Self.secrets[1])], body: "hi")
        #expect(try self.respond(known.request) == "200 OK")
        self.registry.renew(BotDirectory([try self.bot(.generic) { $0.options.scheme = "none" }]))
        #expect(try self.respond(named.request).contains("unproven"))
        self.registry.renew(
            BotDirectory([
                try self.bot(.generic) { $0.options = self.options { $0.scheme = "bearer" } }
            ])
        )
        let bearer = WebhookRequest(
            "generic",
            query: [("scheme", "bearer"), ("token", "never-published")],
            headers: [("Authorization", "Bearer \(Self.secrets[1])")],
            body: "hi"
        )
        #expect(try self.respond(bearer.request) == "200 OK")
        let event = try #require(self.broker.published.last?.event)
        // A token of ours may stand there.
        #expect(event.query == "" && !event.headers.contains(name: "authorization"))
    }

    private func token(_ text: String, expiry: Int64? = nil) throws -> SocketToken {
        let (label, hash) = (try #require(BotName(text)), TokenHash(of: Secret(text)))
        return SocketToken(label: label, hash: hash, scopes: [.receive], expiry: expiry)
    }

    /// Where nothing is signed, the bot's name alone opens nothing: it takes the secret, or one of the bot's tokens.
    @Test func unsigned() throws {
        let tokens = [try self.token("good"), try self.token("over", expiry: 1)]
        func respond(_ query: [(String, String)], bearer: String? = nil, needsToken: Bool = false) throws -> String {
            let bot = try self.bot(.generic) { bot in
                (bot.options.scheme, bot.tokens, bot.needsToken) = ("none", tokens, needsToken)
            }
            self.registry.renew(BotDirectory([bot]))
            var request = WebhookRequest("generic/demo", query: query, body: "hi")
            if let bearer { request.headers = [("Authorization", "Bearer \(bearer)")] }
            return try self.respond(request.request)
        }
        for secret in Self.secrets {
            #expect(try respond([("secret", secret)]) == "200 OK")
            #expect(try respond([], bearer: secret) == "200 OK")
            #expect(try respond([("secret", secret)], needsToken: true).hasPrefix("404"))
            #expect(try respond([], bearer: secret, needsToken: true).contains("unproven"))
            #expect(try respond([("secret", secret), ("token", "good")], needsToken: true) == "200 OK")
        }
        #expect(try respond([("token", "good")]) == "200 OK")
        for token in ["over", "wrong"] { #expect(try respond([("token", token)]).contains("unproven")) }
        #expect(try respond([("secret", "wrong")]).contains("unproven"))
        #expect(try respond([], bearer: "wrong").contains("unproven"))
    }

    /// A bot that needs a token needs it wherever the secret itself is presented; a signature at its name is proof enough.
    @Test(arguments: [BotPlatform.generic, .dialogflow])
    func needsToken(platform: BotPlatform) throws {
        let bot = try self.bot(platform) { bot in
            (bot.options.scheme, bot.needsToken) = ("bearer", true)
            bot.tokens = [try self.token("good")]
        }
        self.registry.renew(BotDirectory([bot]))
        for (query, isIn) in [([], false), ([("token", "wrong")], false), ([("token", "good")], true)] {
            let count = self.broker.published.count
            let body = #"{"responseId":"\#(isIn)","queryResult":{"queryText":"hi"}}"#
            var request = WebhookRequest("\(platform.rawValue)/demo", query: query, body: body)
            request.headers = [("Authorization", "Bearer \(Self.secrets[0])")]
            _ = try self.respond(request.request)
            #expect(self.broker.published.count == count + (isIn ? 1 : 0), "\(query)")
        }
        let signed = try self.bot(.generic) { $0.needsToken = true }
        self.registry.renew(BotDirectory([signed]))
        let code = Hex.encode(HMACSHA256.code(key: Self.secrets[0].utf8, over: "hi".utf8))
        let request = WebhookRequest("generic/demo", headers: [("X-Hub-Signature-256", "sha256=" + code)], body: "hi")
        #expect(try self.respond(request.request) == "200 OK")
    }

    private func options(_ change: (inout Bot.PlatformOptions) -> Void) -> Bot.PlatformOptions {
        var options = Bot.PlatformOptions()
        change(&options)
        return options
    }

    /// Messenger's check of the URL goes by the registry's verify token, WeChat's by either of the account's tokens.
    @Test func handshakes() throws {
        self.registry.renew(
            BotDirectory([
                try self.bot(.messenger) { $0.options = self.options { $0.verifyToken = Secret("vt") } }
            ])
        )
        for (token, answer) in [("vt", "200 c"), ("other", "403")] {
            let handshake = WebhookRequest(
                .GET,
                "messenger/demo",
                query: [
                    ("hub.mode", "subscribe"), ("hub.verify_token", token), ("hub.challenge", "c"),
                    ("verify_token", "other"),
                ]
            )
            #expect(try self.respond(handshake.request).hasPrefix(answer))
        }
        self.registry.renew(BotDirectory([try self.bot(.wechat)]))
        for token in Self.secrets {
            var handshake = WeChatSender(token: token, key: nil).handshake
            handshake[query: "secret"] = nil
            handshake.platform = "wechat/demo"
            #expect(try self.respond(handshake.request) == "200 5837397576500011341")
        }
    }

    /// A WeChat message is answered under the token that it was signed with, encrypted by the bot's own key.
    @Test(arguments: secrets)
    func weChatReply(secret: String) throws {
        let sender = WeChatSender(token: secret)
        let bot = try self.bot(.wechat) { bot in
            bot.appID = sender.appID
            bot.options.aesKey = sender.key.map { Secret($0) }
        }
        let weChat = WeChat(configuration: IngressConfiguration(), clock: Clock { 1_400_000_000_000 })
        let verdict = weChat.receive(try sender.request().request, WebhookSettings(with: bot, trustsURL: false))
        let publishing = try #require(verdict.published)
        #expect(publishing.channel == bot.channel)
        let answer = try #require(publishing.reply?.form.response(to: .text("hello")))
        #expect(try sender.open(String(buffer: answer.body))?.contains("hello") == true)
    }

    /// While WeChat changes its key for another it may encrypt with either, and reads an answer with that of its
    /// question.
    @Test func weChatKeys() throws {
        let current = WeChatSender(token: Self.secrets[0])
        var previous = current
        previous.key = String(repeating: "b", count: 42) + "E"
        let bot = try self.bot(.wechat) { bot in
            bot.appID = current.appID
            bot.options.aesKey = current.key.map { Secret($0) }
            bot.options.previousAESKey = previous.key.map { Secret($0) }
        }
        let weChat = WeChat(configuration: IngressConfiguration(), clock: Clock { 1_400_000_000_000 })
        for sender in [current, previous] {
            let verdict = weChat.receive(try sender.request().request, WebhookSettings(with: bot, trustsURL: false))
            let answer = try #require(verdict.published?.reply?.form.response(to: .text("hello")))
            #expect(try sender.open(String(buffer: answer.body))?.contains("hello") == true)
        }
        var other = current
        other.key = String(repeating: "c", count: 42) + "E"
        let verdict = weChat.receive(try other.request().request, WebhookSettings(with: bot, trustsURL: false))
        #expect(verdict.refusal == "undecryptable")
    }

    /// QQ's bot is found by its app id where the URL has no secret. Its check of the URL is answered by the current secret,
    /// and by the one before where that has signed the check.
    @Test func qqAppID() throws {
        self.registry.renew(BotDirectory([try self.bot(.qq) { $0.appID = "100" }]))
        let body = #"{"op":13,"d":{"plain_token":"Arq0D5A61EgUu4OxUvOp","event_ts":"1725442341"}}"#
        func answer(signedBy secret: String?, mode: AccessMode) throws -> String {
            var request = WebhookRequest("qq", headers: [("X-Bot-Appid", "100")], body: body)
            if let secret {
                let signature = try QQKey(secret: Secret(secret)).signature(
                    timestamp: "1400000000".utf8,
                    body: body.utf8
                )
                request.headers += [("X-Signature-Ed25519", signature), ("X-Signature-Timestamp", "1400000000")]
            }
            return try self.respond(request.request, mode: mode)
        }
        for mode in AccessMode.allCases {
            for (signer, answerer) in [(nil, 0), (0, 0), (1, 1)] as [(Int?, Int)] {
                let expected = try QQKey(secret: Secret(Self.secrets[answerer])).signature(
                    timestamp: "1725442341".utf8,
                    body: "Arq0D5A61EgUu4OxUvOp".utf8
                )
                #expect(try answer(signedBy: signer.map { Self.secrets[$0] }, mode: mode).contains(expected))
            }
            #expect(try answer(signedBy: "another-secret", mode: mode).contains("wrong_signature"))
        }
    }

    /// An open relay takes other bots' events as ever, and those of a listed bot to its channel.
    @Test func openRelay() throws {
        self.registry.renew(BotDirectory([try self.bot(.generic)]))
        for (secret, channel) in [
            ("stranger", ChannelID(secret: Secret("stranger"))), (Self.secrets[0], try self.bot(.generic).channel),
        ] {
            let request = WebhookRequest("generic", query: [("secret", secret), ("scheme", "none")])
            #expect(try self.respond(request.request, mode: .open) == "200 OK")
            #expect(self.broker.published.last?.channel == channel)
        }
        #expect(try self.respond(WebhookRequest("qq").request, mode: .open).contains("missing_secret"))
    }

    /// As long as the registry has not been read, platforms are asked to send again.
    @Test func notReady() throws {
        for mode in AccessMode.allCases {
            let request = WebhookRequest("generic", query: [("secret", Self.secrets[0])])
            #expect(try self.respond(request.request, mode: mode).hasPrefix("503"))
            let event = WebhookRequest("qq", query: [("secret", Self.secrets[0])])
            #expect(try self.respond(event.request, mode: mode) == #"503 {"op":12,"d":1}"#)
        }
    }
}
