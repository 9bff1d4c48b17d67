// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1
import SeededRandom
import Shared
import Synchronization
import Testing

@testable import Ingress

@Suite struct WeChatTests {
    private func weChat(seconds: Int64 = 1_400_000_000, _ timeout: TimeAmount = .milliseconds(4_500)) -> WeChat {
        var configuration = IngressConfiguration()
        configuration.replyTimeout = timeout
        return WeChat(configuration: configuration, clock: Clock { seconds * 1_000 })
    }

    private func refusal(_ request: WebhookRequest) -> String? {
        self.weChat().receive(request.request).refusal
    }

    // MARK: Vectors

    /// The documented signature, and the handshake that it stands in; an account in AES mode is checked in the same way.
    @Test func handshakeVector() {
        let digest = WeChatSignature.digest(["1400000000", "abc123"], token: Secret("test"))
        #expect(Hex.encode(digest) == "1cc67d70977a7eff06e536f071970fb29b46cf3d")
        for sender in [WeChatSender.plain, .encrypted] {
            #expect(sender.handshake[query: "signature"] == "1cc67d70977a7eff06e536f071970fb29b46cf3d")
            // Years later too.
            let verdict = self.weChat(seconds: 2_000_000_000).receive(sender.handshake.request)
            #expect(verdict.answer == "5837397576500011341")
        }
    }

    /// The vector of WeCom, which has the same scheme: a signature over four parts, and what it covers decrypted.
    @Test func weComVector() throws {
        let encrypted = "P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+FZXvnaqQ=="
        let digest = WeChatSignature.digest(["1409659589", "263014780", encrypted], token: Secret("QDG6eK"))
        #expect(Hex.encode(digest) == "5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3")
        let cipher = try #require(
            WeChatCipher(
                encodedKey: Secret("jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"),
                appID: "wx5823bf96d3bd56c7"
            )
        )
        #expect(cipher.decrypt(encrypted).map { String(decoding: $0, as: UTF8.self) } == "1616140317555161061")
    }

    /// A message as wechatpy 1.8.18 encrypts and signs it.
    @Test func wechatpyVector() throws {
        let encrypted =
            "nkR9pUB7mk5o/J3sJJHplM2QAErt/1Yj+Ii1wzzSqrcjCUutZlA6slqAZY/0rgmPgK0xeBJC2YaReaRvm0FokvChc4gCmBhHOqaCvWR8"
            + "bUtAsRPWGrluhZJGcvkLPQq0J2tC0FYrEOVFwfFoPD8U0FUdhB2Lh7jFoEJrTMNiMXesGIGWTUI+7EbzYBot5trxN5rvhiljCky5NYlc"
            + "8ZY2fzDEV4JIIBkLsD+xpV1EOFFKanBC48JaELKeHt4zod4lI/vhGCW5SPdPTyvR4gZ4nE7VfGd6BHOzeiIhP5egLaiL0V2Pw7J2N4Q4"
            + "dXH/Y6lVlni9QWzIhmLGEezC8TJVWpEtzh45bVjxiCcaYZnBHnXFhs8Q2DPNFh9g7oi1wpNB099pojpTXFS2HBLQtnv31aa5paATWag2"
            + "Q1sm9h+29H8="
        var request = WeChatSender.encrypted.request(encrypted: encrypted)
        #expect(request[query: "msg_signature"] == "05b3b22cf492da985f28c65b70f4e4fc3d36c9ea")
        request.body = Array(
            """
            <xml>
            <Encrypt><![CDATA[\(encrypted)]]></Encrypt>
            <MsgSignature><![CDATA[05b3b22cf492da985f28c65b70f4e4fc3d36c9ea]]></MsgSignature>
            <TimeStamp>1400000000</TimeStamp>
            <Nonce><![CDATA[abc123]]></Nonce>
            </xml>
            """.utf8
        )
        let publishing = try #require(self.weChat().receive(request.request).published)
        #expect(publishing.event.messages.map(\.text) == [#"你好, <b>&amp; "x""#])
    }

    // MARK: Messages

    /// A message says what was said, in both modes the same; nothing of the signature travels.
    @Test(arguments: [WeChatSender.plain, .encrypted])
    func text(sender: WeChatSender) throws {
        let message = WeChatSender.message(" 你好 <!DOCTYPE x> &amp; ")
        let publishing = try #require(self.weChat().receive(try sender.request(message).request).published)
        let event = publishing.event
        #expect(String(buffer: event.body) == message)
        #expect(event.platform == "wechat")
        #expect(event.id == "6054768590064713728")
        #expect(event.type == "text")
        #expect(event.query == "openid=oUser")
        #expect(event.headers.map(\.name) == ["Content-Type"])
        #expect(
            event.messages == [
                ChatMessage(text: " 你好 <!DOCTYPE x> &amp; ", sender: "oUser", conversation: "gh_1")
            ]
        )
        #expect(publishing.key?.text == "message:6054768590064713728")
        #expect(publishing.channel == ChannelID(secret: Secret("test")))
        #expect(String(buffer: publishing.acknowledgement.body) == "success")
        for secret in ["kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR", "145, 108, 79"] {
            #expect(!"\(publishing)".contains(secret))
        }
    }

    /// Text in entities, in several pieces, with white space and in every length arrives whole.
    @Test(arguments: [
        ("a &lt;b&gt; &amp;&#x4F60;&#22909; c", "a <b> &你好 c"), ("&lt; &gt;", "< >"),
        ("<![CDATA[a]]]]><![CDATA[>b]]>", "a]]>b"),
        ("<![CDATA[ <xml>&amp;</xml> ]]>", " <xml>&amp;</xml> "), ("a<!-- no -->b", "ab"), ("", ""),
        ("<![CDATA[]]>", ""),
        ("<![CDATA[\n\t]]>", "\n\t"),
    ])
    func texts(content: String, text: String) throws {
        let message = WeChatSender.document("<MsgType>text</MsgType><Content>\(content)</Content><MsgId>1</MsgId>")
        let publishing = try #require(self.weChat().receive(try WeChatSender.plain.request(message).request).published)
        #expect(publishing.event.messages.first?.text == text)
    }

    /// A text that XML cannot say, which WeChat sends all the same, is read: with U+FFFD for a character that no document
    /// may have, and whole where it ends a CDATA section. It makes no fields, and the bot gets the body as it came.
    @Test(arguments: [
        ("a\u{2}b", "a\u{FFFD}b"), ("\u{10}\u{1D}\t", "\u{FFFD}\u{FFFD}\t"),
        ("\u{0}\u{FFFE}\u{FFFF}", "\u{FFFD}\u{FFFD}\u{FFFD}"), ("a]]>b", "a]]>b"), ("]]>", "]]>"),
        ("]]]]>]", "]]]]>]"), ("]]>\u{1F}", "]]>\u{FFFD}"),
        ("<status><![CDATA[x]]></status>", "<status><![CDATA[x]]></status>"),
        ("a]]><!DOCTYPE x>&b;<?c?>", "a]]><!DOCTYPE x>&b;<?c?>"),
        ("a]]></Content><MsgId>1</MsgId><Content><![CDATA[b", "a]]></Content><MsgId>1</MsgId><Content><![CDATA[b"),
        ("a]]></Content><Event>e</Event></xml>", "a]]></Content><Event>e</Event></xml>"),
    ])
    func textsThatXMLCannotSay(sent: String, read: String) throws {
        let message = WeChatSender.message(sent)
        for sender in [WeChatSender.plain, .encrypted] {
            let publishing = try #require(self.weChat().receive(try sender.request(message).request).published)
            #expect(publishing.event.messages.map(\.text) == [read])
            #expect(publishing.key?.text == "message:6054768590064713728")
            #expect(Array(publishing.event.body.readableBytesView) == Array(message.utf8))
        }
    }

    /// Long texts of characters of several bytes survive the parser's pieces.
    @Test func longTexts() throws {
        for count in stride(from: 1, to: 3_000, by: 149) {
            let text = String(repeating: "中", count: count) + "\u{1F600}"
            let request = try WeChatSender.plain.request(WeChatSender.message(text))
            let publishing = try #require(self.weChat().receive(request.request).published)
            #expect(publishing.event.messages.first?.text == text)
        }
    }

    /// The other kinds: a voice that was understood, a picture, an event with a nested document.
    @Test func otherKinds() throws {
        for (fields, type, text, key) in [
            ("<MsgType>voice</MsgType><Recognition>hello</Recognition><MsgId>1</MsgId>", "voice", "hello", "message:1"),
            ("<MsgType>image</MsgType><PicUrl>http://a/</PicUrl><MsgId>2</MsgId>", "image", nil, "message:2"),
            (
                "<MsgType>event</MsgType><Event>subscribe</Event>", "event.subscribe", nil,
                "event:oUser:1400000000:subscribe"
            ),
            (
                "<MsgType>event</MsgType><Event>CLICK</Event><EventKey>today</EventKey>", "event.CLICK", nil,
                "event:oUser:1400000000:CLICK"
            ),
            (
                "<MsgType>event</MsgType><Event>VIEW</Event><EventKey>http://a/" + String(repeating: "b", count: 2_000)
                    + "</EventKey>", "event.VIEW", nil, "event:oUser:1400000000:VIEW"
            ),
            (
                "<MsgType>event</MsgType><Event>TEMPLATESENDJOBFINISH</Event><MsgID>7</MsgID><Status>success</Status>",
                "event.TEMPLATESENDJOBFINISH", nil, "event:oUser:1400000000:TEMPLATESENDJOBFINISH"
            ),
            (
                "<MsgType>event</MsgType><Event>pic_weixin</Event><SendPicsInfo><Count>2</Count><PicList><item><PicMd5Sum>a"
                    + "</PicMd5Sum></item><item><PicMd5Sum>b</PicMd5Sum></item></PicList></SendPicsInfo>",
                "event.pic_weixin", nil, "event:oUser:1400000000:pic_weixin"
            ),
        ] as [(String, String, String?, String)] {
            let document = WeChatSender.document(fields)
            let request = try WeChatSender.plain.request(document)
            let publishing = try #require(self.weChat().receive(request.request).published)
            #expect(publishing.event.type == type)
            #expect(publishing.event.messages == [ChatMessage(text: text, sender: "oUser", conversation: "gh_1")])
            let digest = ":" + Hex.encode(Digest.sha256(Array(document.utf8)).prefix(16))
            #expect(publishing.key?.text == (key.hasPrefix("event:") ? key + digest : key))
        }
    }

    /// Events of one second are different ones whatever field it is that tells them apart; a repetition is the same, in
    /// AES mode too, where each is encrypted anew. What a user has written is no event's id.
    @Test(arguments: [WeChatSender.plain, .encrypted])
    func eventsOfOneSecond(sender: WeChatSender) throws {
        func key(_ fields: String) throws -> String {
            let document = WeChatSender.document("<MsgType>event</MsgType>" + fields)
            let publishing = try #require(self.weChat().receive(try sender.request(document).request).published)
            #expect(publishing.event.id == nil)
            return try #require(publishing.key?.text)
        }
        for field in [
            "<Event>wxa_media_check</Event><trace_id>#</trace_id>",
            "<Event>user_get_card</Event><CardId>c</CardId><UserCardCode>#</UserCardCode>",
            "<Event>subscribe_msg_sent_event</Event><SubscribeMsgSentEvent><List><MsgID>#</MsgID></List>"
                + "</SubscribeMsgSentEvent>",
            "<Event>scancode_push</Event><MsgId>1</MsgId><ScanCodeInfo><ScanResult>#</ScanResult></ScanCodeInfo>",
        ] {
            let keys = try ["1", "2", "1"].map { try key(field.replacing("#", with: $0)) }
            #expect(keys[0] != keys[1] && keys[0] == keys[2], "\(field)")
        }
    }

    /// A list stands in the document as a field that is repeated, which is read where it is none of the relay's own.
    @Test(arguments: [WeChatSender.plain, .encrypted])
    func lists(sender: WeChatSender) throws {
        let detail = "<detail><strategy><![CDATA[content_model]]></strategy><errcode>0</errcode></detail>"
        let fields = "<MsgType>event</MsgType><Event>wxa_media_check</Event>"
        let document = WeChatSender.document(fields + detail + detail)
        let publishing = try #require(self.weChat().receive(try sender.request(document).request).published)
        #expect(publishing.event.type == "event.wxa_media_check")
        for name in ["FromUserName", "MsgType", "Event"] {
            let twice = WeChatSender.document(fields + detail + "<\(name)>x</\(name)>")
            #expect(self.refusal(try sender.request(twice)) == "forbidden_xml", "\(name)")
        }
    }

    /// What a user writes elsewhere than in a text ends no section either, and makes no field that is read.
    @Test(arguments: [WeChatSender.plain, .encrypted])
    func otherTextsThatXMLCannotSay(sender: WeChatSender) throws {
        func event(_ fields: String) throws -> Event {
            let document = WeChatSender.document(fields)
            let publishing = try #require(self.weChat().receive(try sender.request(document).request).published)
            #expect(Array(publishing.event.body.readableBytesView) == Array(document.utf8))
            return publishing.event
        }
        for text in [
            "a]]>b", "]]>", "<![CDATA[ ]]>", "]]></Title>", "]]></Title><Description><![CDATA[", "]]></xml>",
            "]]></Title><FromUserName>x</FromUserName><Title><![CDATA[",
            "]]></Recognition><MsgId>2</MsgId><Recognition><![CDATA[",
        ] {
            let link = try event(
                "<MsgType>link</MsgType><Title><![CDATA[\(text)]]></Title><Description><![CDATA[a]]>b]]></Description>"
                    + "<Url><![CDATA[https://x/]]></Url><MsgId>1</MsgId>"
            )
            #expect(link.type == "link" && link.id == "1" && link.messages.first?.sender == "oUser")
            let voice = try event(
                "<MsgType>voice</MsgType><MediaId><![CDATA[m]]></MediaId><Recognition><![CDATA[\(text)]]></Recognition>"
                    + "<MsgId>1</MsgId>"
            )
            #expect(voice.id == "1" && voice.messages.first?.text == text)
            let scan = try event(
                "<MsgType>event</MsgType><Event>scancode_push</Event><ScanCodeInfo><ScanType>qrcode</ScanType>"
                    + "<ScanResult><![CDATA[\(text)]]></ScanResult></ScanCodeInfo>"
            )
            #expect(scan.type == "event.scancode_push" && scan.id == nil)
            #expect(scan.messages.first?.sender == "oUser")
        }
        // The title ends within the description, which makes no field all the same.
        let fields = "]]></Title><FromUserName>x</FromUserName><Description><![CDATA["
        let document = WeChatSender.document(
            "<MsgType>link</MsgType><Title><![CDATA[t]]></Title><Description><![CDATA[\(fields)]]></Description>"
        )
        #expect(self.weChat().receive(try sender.request(document).request).published == nil)
    }

    // MARK: What is refused

    /// Each part of the query must be there and right. In plain mode the token alone can make it.
    @Test(arguments: [WeChatSender.plain, .encrypted])
    func brokenQueries(sender: WeChatSender) throws {
        let name = sender.key == nil ? "signature" : "msg_signature"
        let genuine = try #require(try sender.request()[query: name])
        for (name, value, reason) in [
            ("secret", nil, "missing_secret"), ("secret", "", "missing_secret"), ("secret", "Test", "wrong_signature"),
            (name, nil, "missing_signature"), (name, "", "malformed_signature"),
            (name, String(genuine.dropLast()), "malformed_signature"), (name, genuine + "00", "malformed_signature"),
            (name, String(genuine.dropLast()) + "g", "malformed_signature"),
            (name, String(repeating: "0", count: 40), "wrong_signature"), ("nonce", nil, "missing_signature"),
            ("nonce", "", "missing_signature"), ("nonce", "abc124", "wrong_signature"),
            ("nonce", String(repeating: "1", count: 129), "malformed_signature"),
            ("timestamp", nil, "missing_signature"),
            ("timestamp", "1400000001", "wrong_signature"), ("timestamp", "+1400000000", "malformed_timestamp"),
        ] as [(String, String?, String)] {
            var request = try sender.request()
            request[query: name] = value
            #expect(self.refusal(request) == reason, "\(name)=\(value ?? "-")")
        }
        var upper = try sender.request()
        upper[query: name] = upper[query: name]?.uppercased()
        #expect(self.weChat().receive(upper.request).published != nil)
    }

    /// A signature is good for the freshness window either way, and its message is known for at least as long.
    @Test(arguments: [WeChatSender.plain, .encrypted])
    func freshness(sender: WeChatSender) throws {
        let request = try sender.request().request
        for (offset, isFresh) in [(-301, false), (-300, true), (0, true), (300, true), (301, false)] as [(Int64, Bool)]
        {
            let verdict = self.weChat(seconds: 1_400_000_000 + offset).receive(request)
            #expect((verdict.published != nil) == isFresh)
            #expect((verdict.refusal == "stale_timestamp") == !isFresh)
            if let key = verdict.published?.key {
                #expect(key.lifetimeMilliseconds > (300 - offset) * 1_000)
            }
        }
    }

    /// The two modes are not mistaken for each other.
    @Test func modes() throws {
        var request = try WeChatSender.encrypted.request()
        request[query: "aes_key"] = nil
        #expect(self.refusal(request) == "missing_aes_key")
        request = try WeChatSender.encrypted.request()
        request[query: "encrypt_type"] = "raw"
        #expect(self.refusal(request) == "not_encrypted")
        request = try WeChatSender.plain.request()
        request[query: "aes_key"] = WeChatSender.encrypted.key
        request[query: "app_id"] = "wx49f0ab532d5d035a"
        #expect(self.refusal(request) == "not_encrypted")
        request[query: "app_id"] = nil
        #expect(self.refusal(request) == "missing_app_id")
        request[query: "app_id"] = "x"
        for key in ["a", String(repeating: "!", count: 43), String(repeating: "a", count: 44)] {
            request[query: "aes_key"] = key
            #expect(self.refusal(request) == "malformed_aes_key")
            var handshake = WeChatSender.encrypted.handshake
            handshake[query: "aes_key"] = key
            #expect(self.refusal(handshake) == "malformed_aes_key")
        }
        // A message that is not the one that was signed is not decrypted.
        request = try WeChatSender.encrypted.request()
        request.body = try WeChatSender.encrypted.request().body
        #expect(self.refusal(request) == "wrong_signature")
        request.body = Array(WeChatSender.message().utf8)
        #expect(self.refusal(request) == "missing_fields")
    }

    /// Padding, length, app id, Base64: one answer to whatever is wrong with what is encrypted.
    @Test func oneAnswerToAllThatCannotBeDecrypted() throws {
        let sender = WeChatSender.encrypted
        let key = try #require(Base64.decode((sender.key ?? "") + "=", trailingBits: .ignored))
        func sealed(_ plaintext: [UInt8]) throws -> String {
            Base64.encode(try AES256CBC.encrypt(plaintext, key: key, initializationVector: Array(key[..<16])))
        }
        let message = Array(WeChatSender.message().utf8)
        func plaintext(_ length: Int, _ appID: String = "wx49f0ab532d5d035a") -> [UInt8] {
            let count = withUnsafeBytes(of: UInt32(truncatingIfNeeded: length).bigEndian) { Array($0) }
            return PKCS7.pad([UInt8](repeating: 7, count: 16) + count + message + appID.utf8, blockByteCount: 32)
        }
        let genuine = plaintext(message.count)
        #expect(self.weChat().receive(sender.request(encrypted: try sealed(genuine)).request).published != nil)
        var answers: Set<String> = []
        var wrong: [String] = ["", "AAAA", "not base64", "=", try sealed([])]
        for last in [0, 33, 255, genuine[genuine.count - 1] ^ 1] as [UInt8] {
            wrong.append(try sealed(genuine.dropLast() + [last]))
        }
        wrong.append(try sealed(Array(genuine.dropLast(32))))
        for length in [message.count + 1, message.count - 1, 0, -1, Int(Int32.max)] {
            wrong.append(try sealed(plaintext(length)))
        }
        wrong += [try sealed(plaintext(message.count, "wx49f0ab532d5d035b")), try sealed(plaintext(message.count, ""))]
        wrong.append(try sealed(PKCS7.pad([UInt8](repeating: 7, count: 17), blockByteCount: 32)))
        for text in wrong {
            let verdict = self.weChat().receive(sender.request(encrypted: text).request)
            #expect(verdict.refusal == "undecryptable", "\(text)")
            if case .refuse(let problem) = verdict { answers.insert("\(problem.response)") }
        }
        #expect(answers.count == 1)
    }

    /// Whatever is changed in an encrypted message, and signed again, is refused or says something else; nothing crashes.
    @Test func changedCiphertexts() throws {
        var random = SeededRandom(for: "WeChatTests.changedCiphertexts")
        let sender = WeChatSender.encrypted
        let cipher = try #require(WeChatCipher(encodedKey: Secret(sender.key ?? ""), appID: sender.appID))
        let original = Array(WeChatSender.message().utf8)
        let weChat = self.weChat()
        var refusals: [String: Int] = [:]
        let end = ContinuousClock.now + .seconds(1)
        while ContinuousClock.now < end {
            let genuine = try #require(cipher.encrypt(original))
            var bytes = try #require(Base64.decode(genuine))
            switch Int.random(in: 0..<4, using: &random) {
            case 0: bytes = random.bytes(16 * Int.random(in: 0...6, using: &random))
            case 1: bytes.removeLast(Int.random(in: 1...bytes.count, using: &random))
            case 2:
                bytes.insert(
                    contentsOf: random.bytes(16),
                    at: 16 * Int.random(in: 0...bytes.count / 16, using: &random)
                )
            default: bytes[Int.random(in: 0..<bytes.count, using: &random)] ^= UInt8.random(in: 1...255, using: &random)
            }
            let verdict = weChat.receive(sender.request(encrypted: Base64.encode(bytes)).request)
            refusals[verdict.refusal ?? "published", default: 0] += 1
            if let body = verdict.published?.event.body {
                #expect(Array(body.readableBytesView) != original, "seed \(random.seed)")
            }
        }
        print("WeChatTests.changedCiphertexts: \(refusals)")
        #expect(refusals["undecryptable", default: 0] > 100)
    }

    /// Documents that are none, that lack a field, or that do more than a message does; the same in both modes.
    @Test(arguments: [WeChatSender.plain, .encrypted])
    func brokenDocuments(sender: WeChatSender) throws {
        let deep = String(repeating: "<a>", count: 9) + String(repeating: "</a>", count: 9)
        for (document, reason, status) in [
            ("", "malformed_xml", 400), ("{}", "malformed_xml", 400), ("<xml>", "malformed_xml", 400),
            ("<xml></xml", "malformed_xml", 400), ("<xml></xml><xml></xml>", "malformed_xml", 400),
            ("<XML></XML>", "malformed_xml", 400), (WeChatSender.message() + "x", "malformed_xml", 400),
            (WeChatSender.message().replacing("</Content>", with: "</content>"), "malformed_xml", 400),
            (WeChatSender.message().replacing("<xml>", with: "<xml a=>"), "forbidden_xml", 400),
            ("<?xml version='1.0' encoding='UTF-16'?>" + WeChatSender.message(), "malformed_xml", 400),
            ("<?xml version='1.0' encoding='utf-7'?>" + WeChatSender.message(), "malformed_xml", 400),
            ("\u{1}" + WeChatSender.message(), "malformed_xml", 400),
            (WeChatSender.message().replacing("<xml>", with: "<x\u{0}ml>"), "malformed_xml", 400),
            ("<!DOCTYPE xml>" + WeChatSender.message(), "forbidden_xml", 400),
            ("<!DOCTYPE xml [<!ENTITY a 'b'>]><xml>&a;</xml>", "forbidden_xml", 400),
            ("<!DOCTYPE xml SYSTEM 'file:///etc/passwd'><xml/>", "forbidden_xml", 400),
            (" <!doctype xml><xml/>", "forbidden_xml", 400), ("<xml><!ENTITY a 'b'></xml>", "forbidden_xml", 400),
            ("<?xml-stylesheet href='a'?>" + WeChatSender.message(), "forbidden_xml", 400),
            (WeChatSender.document("<Content>&a;</Content>"), "forbidden_xml", 400),
            (WeChatSender.document("<Content a='&a;'/>"), "forbidden_xml", 400),
            (WeChatSender.document("<ToUserName>gh_2</ToUserName>"), "forbidden_xml", 400),
            (WeChatSender.document(deep), "too_large", 413),
            (
                WeChatSender.document(
                    String(repeating: "<a><b/></a>", count: 1) + "<c>" + String(repeating: "<d/>", count: 512) + "</c>"
                ), "too_large", 413
            ),
            (WeChatSender.message(String(repeating: "x", count: 64 << 10)), "too_large", 413),
            ("<xml/>", "missing_fields", 400), (WeChatSender.document(""), "missing_fields", 400),
            (WeChatSender.message().replacing("<CreateTime>1400000000</CreateTime>", with: ""), "missing_fields", 400),
            (WeChatSender.message().replacing("oUser", with: ""), "missing_fields", 400),
            (WeChatSender.message(id: String(repeating: "1", count: 600)), "missing_fields", 400),
        ] as [(String, String, UInt)] {
            let verdict = self.weChat().receive(try sender.request(document).request)
            #expect(verdict.refusal == reason, "\(document.prefix(200))")
            #expect(verdict.status == status)
        }
    }

    /// A check of the URL without a right signature, or with nothing to say.
    @Test func brokenHandshakes() {
        for (name, value, reason) in [
            ("signature", String(repeating: "0", count: 40), "wrong_signature"),
            ("signature", nil, "missing_signature"),
            ("secret", "other", "wrong_signature"), ("secret", nil, "missing_secret"),
            ("echostr", nil, "not_a_handshake"),
            ("echostr", "", "not_a_handshake"), ("echostr", String(repeating: "1", count: 1_025), "not_a_handshake"),
            ("timestamp", "x", "malformed_timestamp"), ("nonce", nil, "missing_signature"),
        ] as [(String, String?, String)] {
            var request = WeChatSender.plain.handshake
            request[query: name] = value
            #expect(self.refusal(request) == reason, "\(name)")
        }
        var put = WeChatSender.plain.handshake
        put.method = .PUT
        #expect(self.weChat().receive(put.request).status == 405)
    }

    // MARK: Replies

    private func form(_ sender: WeChatSender) throws -> any ReplyForm {
        try #require(self.weChat().receive(try sender.request().request).published?.reply).form
    }

    private func body(_ response: HTTPResponse?, _ sender: WeChatSender) throws -> String? {
        guard let response else { return nil }
        let body = String(buffer: response.body)
        return sender.key == nil ? body : try sender.open(body)
    }

    /// A text goes back from the account to the user, whatever characters it has, and in AES mode signed and encrypted.
    @Test(arguments: [WeChatSender.plain, .encrypted])
    func textReplies(sender: WeChatSender) throws {
        struct Answer: Decodable, Equatable {
            let ToUserName: String
            let FromUserName: String
            let CreateTime: Int
            let MsgType: String
            let Content: String
        }
        let form = try self.form(sender)
        for text in ["hello", "你好 \u{1F600}", "a < b & c > ]]> \"d\" 'e'", " \n\t x ", "</Content>"] {
            let body = try #require(try self.body(form.response(to: .text(text)), sender))
            let answer = try XMLMessage.decode(Answer.self, from: Array(body.utf8))
            #expect(
                answer
                    == Answer(
                        ToUserName: "oUser",
                        FromUserName: "gh_1",
                        CreateTime: 1_400_000_000,
                        MsgType: "text",
                        Content: text
                    )
            )
        }
        #expect(form.response(to: .text(String(repeating: "x", count: 2_048))) != nil)
        #expect(form.response(to: .text(String(repeating: "x", count: 2_049))) == nil)
        for character in ["\u{0}", "\u{B}", "\u{1F}", "\u{FFFE}"] {
            #expect(form.response(to: .text("a\(character)")) == nil)
        }
    }

    /// Nothing is said by an empty text: WeChat shows the user a failure where a message has no content.
    @Test(arguments: [WeChatSender.plain, .encrypted])
    func emptyText(sender: WeChatSender) throws {
        let answer = try #require(try self.form(sender).response(to: .text("")))
        #expect(String(buffer: answer.body) == "success")
    }

    /// The time that an encrypted reply is signed with is the one that stands in it, however late in a second it is made.
    @Test func replyAtTheEndOfASecond() throws {
        let seconds = Mutex<Int64>(1_400_000_000)
        let clock = Clock {
            seconds.withLock { seconds in
                seconds += 1
                return seconds * 1_000
            }
        }
        let sender = WeChatSender.encrypted
        let form = WeChatReplyForm(
            user: "oUser",
            account: "gh_1",
            token: Secret(sender.token),
            cipher: WeChatCipher(encodedKey: Secret(sender.key ?? ""), appID: sender.appID),
            clock: clock
        )
        #expect(try self.body(form.response(to: .text("hello")), sender)?.contains("hello") == true)
    }

    /// XML of the bot's own is passed on, encrypted where it must be; silence is silence; anything else is unfit.
    @Test(arguments: [WeChatSender.plain, .encrypted])
    func ownReplies(sender: WeChatSender) throws {
        let form = try self.form(sender)
        func reply(_ body: String, status: Int = 200) -> HTTPResponse? {
            form.response(to: .response(.init(status: status, headers: [], body: ByteBuffer(string: body))))
        }
        let news = "<xml><MsgType><![CDATA[news]]></MsgType><Articles><item><Title>t</Title></item></Articles></xml>"
        #expect(try self.body(reply(news), sender) == news)
        #expect(reply("success").map { String(buffer: $0.body) } == "success")
        #expect(reply("").map { String(buffer: $0.body) } == "")
        for (body, status) in [
            (news, 201), (news, 500), ("hello", 200), ("{}", 200), ("<html></html>", 200),
            ("<!DOCTYPE xml><xml/>", 200),
        ] {
            #expect(reply(body, status: status) == nil)
        }
    }

    /// WeChat waits for five seconds, whatever the configuration says.
    @Test func timeLimit() throws {
        for (configured, limit) in [
            (TimeAmount.seconds(30), TimeAmount.milliseconds(4_500)), (.seconds(1), .seconds(1)),
        ] {
            let publishing = self.weChat(configured).receive(try WeChatSender.plain.request().request).published
            #expect(publishing?.reply?.timeLimit == limit)
        }
    }
}
