// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Ingress
import NIOHTTP1
import Shared
import Testing

@testable import Hookwire

@Suite struct SenderTests {
    private static func field(_ name: String, _ request: SampleRequest) throws -> String {
        try #require(request.headers.first { $0.name.lowercased() == name }?.value)
    }

    private static func sender(_ platform: PlatformName, _ credentials: Credentials) throws -> any PlatformSender {
        try credentials.sender(platform) { 1_735_815_639_000 }
    }

    /// QQ's signature is over the timestamp and the bytes as they are sent: a platform's own vector, and a stranger's
    /// check with the public key.
    @Test func qqSignsAsThePlatform() throws {
        let body = """
            {"op":0,"id":"C2C_MESSAGE_CREATE:9wv6ubjx","d":{"id":"ROBOT1.0_a","content":"/1","timestamp":\
            "2025-01-02T19:00:38+08:00","author":{"id":"2B13","user_openid":"2B13","union_openid":"2B13"},\
            "message_scene":{"source":"default","callback_data":""}},"t":"C2C_MESSAGE_CREATE"}
            """
        let sender = try Self.sender(.qq, Credentials(secret: Secret("DG5g3B4j9X2KOErG")))
        let known = try sender.event(.body(Array(body.utf8)))
        #expect(try Self.field("x-signature-timestamp", known) == "1735815639")
        #expect(
            try Self.field("x-signature-ed25519", known) == """
                b5c2cdf4836dd5973134662c1aecf8ad0c355b92746b0de788d30d1022afc5a1b299d52edb328d83bd54aa6be678038f75a8dd5ca3ee2af4\
                277d4b12c58a7705
                """
        )
        let publicKey = try #require(Hex.decode("8b28ded5630f9051c205dd04c6ec56ad0b08b8812b2fe30ee9aece0ab41926f3"))
        let forgery = try #require(try sender.forgery())
        for (request, isGenuine) in [(try sender.event(.text("é\"\n")), true), (forgery, false)] {
            let signature = try #require(Hex.decode(try Self.field("x-signature-ed25519", request)))
            #expect(
                Ed25519.verify(signature: signature, over: "1735815639".utf8, request.body, publicKey: publicKey)
                    == isGenuine
            )
            #expect(signature[63] & 0xE0 == 0, "a forgery has the form of a signature")
        }
    }

    /// QQ says which bot an event is for; a URL of one bot does without.
    @Test func qqNamesTheBot() throws {
        let secret = Secret("DG5g3B4j9X2KOErG")
        let named = try Self.sender(.qq, Credentials(secret: secret, appID: "11111111"))
        let forgery = try #require(try named.forgery())
        let handshake = try #require(try named.handshake())
        for request in [try named.event(.nothing), forgery, handshake.request] {
            #expect(try Self.field("x-bot-appid", request) == "11111111")
        }
        let unnamed = try Self.sender(.qq, Credentials(secret: secret))
        #expect(try Self.field("x-bot-appid", unnamed.event(.nothing)) == "100000000")
    }

    /// QQ takes the answer that another implementation of the key makes, and tells apart what can be wrong with one.
    @Test func qqChecksTheAnswer() throws {
        let sender = try Self.sender(.qq, Credentials(secret: Secret("DG5g3B4j9X2KOErG")))
        let handshake = try #require(try sender.handshake())
        let text = String(decoding: handshake.request.body, as: UTF8.self)
        let token = try #require(text.firstMatch(of: /"plain_token":"([A-Za-z0-9_-]+)"/)?.1)
        #expect(text.contains(#""event_ts":"1735815639""#))
        let right = try QQKey(secret: Secret("DG5g3B4j9X2KOErG")).signature(
            timestamp: "1735815639".utf8,
            body: token.utf8
        )
        let other = try QQKey(secret: Secret("other")).signature(timestamp: "1735815639".utf8, body: token.utf8)
        let answers: [(String, HandshakeFlaw?)] = [
            (#"{"plain_token":"\#(token)","signature":"\#(right)"}"#, nil),
            (#"{"signature":"\#(right.uppercased())","plain_token":"\#(token)","more":1}"#, nil),
            (#"{"plain_token":"\#(token)","signature":"\#(other)"}"#, .wrongSignature),
            (#"{"plain_token":"\#(token)","signature":"\#(right.dropLast())"}"#, .malformedSignature),
            (#"{"plain_token":"\#(token)","signature":""}"#, .noSignature),
            (#"{"plain_token":"\#(token)","signature":7}"#, .noSignature),
            (#"{"plain_token":"x","signature":"\#(right)"}"#, .otherToken),
            (#"{"op":12,"d":0}"#, .noSignature), ("", .notAnObject), ("[1]", .notAnObject), ("<html>", .notAnObject),
        ]
        for (answer, flaw) in answers { #expect(handshake.flaw(Array(answer.utf8)) == flaw, "\(answer)") }
    }

    /// What counts as an acknowledgement is the platform's own business.
    @Test(arguments: [
        (PlatformName.qq, #"{"op":12,"d":0}"#, true), (.qq, #"{"op":12,"d":1}"#, false), (.qq, "", true),
        (.qq, "<html>", false), (.wechat, "success", true), (.wechat, "", true), (.wechat, "OK", false),
        (.wechat, "<xml><MsgType>text</MsgType></xml>", true), (.wechat, "<html></html>", false),
        (.dialogflow, "{}", true), (.dialogflow, "OK", false), (.dialogflow, "[]", false), (.messenger, "", true),
        (.generic, "whatever", true),
    ])
    func acknowledgements(platform: PlatformName, answer: String, isTaken: Bool) throws {
        let sender = try Self.sender(platform, Credentials(secret: Secret("s")))
        #expect(sender.isAcknowledged(Array(answer.utf8)) == isTaken)
    }

    /// What a relay says where no bot replies is known for it, where a request waits for a reply at all.
    @Test(arguments: [
        (PlatformName.dialogflow, "{}", true), (.dialogflow, #"{"fulfillmentText":"hi"}"#, false),
        (.wechat, "success", true), (.wechat, "", false), (.wechat, "<xml><MsgType>text</MsgType></xml>", false),
        (.generic, "OK", true), (.generic, "ok", false), (.qq, #"{"op":12,"d":0}"#, false),
        (.messenger, "EVENT_RECEIVED", false),
    ])
    func fallbacks(platform: PlatformName, answer: String, isFallback: Bool) throws {
        var credentials = Credentials(secret: Secret("s"))
        let plain = try Self.sender(platform, credentials)
        credentials.waits = true
        let waiting = try Self.sender(platform, credentials)
        #expect(waiting.isFallback(Array(answer.utf8)) == isFallback)
        #expect(plain.isFallback(Array(answer.utf8)) == (isFallback && platform != .generic))
    }

    /// Without the verify token Meta's check has a made-up one, another each time.
    @Test func messengerGuesses() throws {
        let guessing = try Self.sender(.messenger, Credentials(secret: Secret("s")))
        let tokens = try (0..<2).map { _ in
            let guess = try #require(guessing.guessedHandshake())
            #expect(guess.method == .GET)
            return try #require(guess.query.first { $0.name == "hub.verify_token" }?.value)
        }
        #expect(tokens[0] != tokens[1] && !tokens[0].isEmpty)
        var credentials = Credentials(secret: Secret("s"))
        credentials.verifyToken = Secret("v")
        #expect(try Self.sender(.messenger, credentials).guessedHandshake() == nil)
        #expect(try Self.sender(.qq, Credentials(secret: Secret("s"))).guessedHandshake() == nil)
    }

    /// GitHub's own vector, which is Meta's as well.
    @Test(arguments: [PlatformName.generic, .messenger])
    func hmac(platform: PlatformName) throws {
        let sender = try Self.sender(platform, Credentials(secret: Secret("It's a Secret to Everybody")))
        let request = try sender.event(.body(Array("Hello, World!".utf8)))
        #expect(
            try Self.field("x-hub-signature-256", request)
                == "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
        )
        let forged = try #require(try sender.forgery())
        let code = try Self.field("x-hub-signature-256", forged).dropFirst("sha256=".count)
        #expect(code.utf8.count == 64)
        let expected = HMACSHA256.code(key: "It's a Secret to Everybody".utf8, over: forged.body)
        #expect(code != Hex.encode(expected))
    }

    /// What WeChat encrypts is read by who has the key, and only by them.
    @Test func wechatEncrypts() throws {
        let key = Secret(String(repeating: "k", count: 43))
        let sender = try Self.sender(.wechat, Credentials(secret: Secret("t"), aesKey: key, appID: "wx1"))
        let request = try sender.event(.text("<&]]>你好"))
        #expect(request.query.contains { $0.name == "encrypt_type" && $0.value == "aes" })
        let document = String(decoding: request.body, as: UTF8.self)
        let encrypted = try #require(document.firstMatch(of: /<Encrypt>(.+)<\/Encrypt>/)?.1)
        let cipher = try #require(WeChatCipher(encodedKey: key, appID: "wx1"))
        let message = try #require(cipher.decrypt(String(encrypted)))
        #expect(String(decoding: message, as: UTF8.self).contains("<Content>&lt;&amp;]]&gt;你好</Content>"))
        #expect(sender.readable(request.body) == message)
        #expect(sender.readable(Array("success".utf8)) == Array("success".utf8))
        #expect(!sender.isAcknowledged(Array("<xml><MsgType>text</MsgType></xml>".utf8)))
    }

    /// A character that XML cannot write is a sentence, not a broken message.
    @Test func wechatRefusesWhatXMLCannotWrite() throws {
        let sender = try Self.sender(.wechat, Credentials(secret: Secret("t")))
        #expect(throws: SampleError.self) { try sender.event(.text("\u{0}")) }
    }

    /// No two events are the same, or the second would be a repetition.
    @Test(arguments: PlatformName.allCases)
    func everyEventIsNew(platform: PlatformName) throws {
        let sender = try Self.sender(platform, Credentials(secret: Secret("s")))
        for content in [SampleContent.text("x"), .nothing] {
            let requests = try (0..<2).map { _ in try sender.event(content) }
            let ids = requests.map { request in
                String(decoding: request.body, as: UTF8.self)
                    + request.headers.map { "\($0.name): \($0.value)" }.joined()
            }
            // Meta's entry in which nothing happened has nothing but its time, in milliseconds.
            if platform == .messenger, case .nothing = content { continue }
            #expect(ids[0] != ids[1])
        }
    }
}
