// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1
import Shared
import Testing

@testable import Ingress

@Suite struct MessengerTests {
    private static let secret = "0123456789abcdef0123456789abcdef"
    private static let page =
        #"{"object":"page","entry":[{"id":"PAGE_ID","time":1573555267191,"messaging":[{"sender":{"id":"USER_ID"},"recipient":{"id":"PAGE_ID"},"timestamp":1573555267169,"message":{"mid":"mid.1573555267169:ec1cb9e1d69d6ef156","seq":68,"text":"hello world"}}]}]}"#

    private let messenger = Messenger(clock: Clock { 1_700_000_000_000 })

    private func signed(_ body: String) -> WebhookRequest {
        let code = HMACSHA256.code(key: Self.secret.utf8, over: body.utf8)
        return WebhookRequest(
            "messenger",
            query: [("secret", Self.secret), ("verify_token", "vt")],
            headers: [("X-Hub-Signature-256", "sha256=" + Hex.encode(code))],
            body: body
        )
    }

    private func published(_ body: String) throws -> Publishing {
        try #require(self.messenger.receive(self.signed(body).request).published)
    }

    // MARK: Events

    /// The tutorial's own body.
    @Test func tutorial() throws {
        let publishing = try self.published(Self.page)
        #expect(String(buffer: publishing.event.body) == Self.page)
        #expect(publishing.event.query == "")
        #expect(publishing.event.type == "page")
        #expect(publishing.event.id == "mid.1573555267169:ec1cb9e1d69d6ef156")
        #expect(publishing.key?.text == "mid:mid.1573555267169:ec1cb9e1d69d6ef156")
        #expect(
            publishing.event.messages == [
                ChatMessage(text: "hello world", sender: "USER_ID", conversation: "PAGE_ID")
            ]
        )
        #expect(publishing.reply == nil)
        #expect(String(buffer: publishing.acknowledgement.body) == "EVENT_RECEIVED")
        #expect(publishing.channel == ChannelID(secret: Secret(Self.secret)))
    }

    /// A batch is one event, its messages all listed, echoes left out, its key made of all ids.
    @Test func batch() throws {
        func entry(_ mid: String, _ text: String, _ more: String = "") -> String {
            #"{"messaging":[{"sender":{"id":"\#(text)"},"recipient":{"id":1},"message":{"mid":"\#(mid)","text":"\#(text)"\#(more)}}]}"#
        }
        func body(_ entries: String...) -> String {
            #"{"object":"instagram","entry":[\#(entries.joined(separator: ","))]}"#
        }
        let publishing = try self.published(
            body(entry("m1", "a"), entry("m2", "b", #","is_echo":true"#), entry("m3", "c"))
        )
        #expect(publishing.event.messages.map(\.text) == ["a", "c"])
        #expect(publishing.event.messages.first?.conversation == "1")
        #expect(publishing.event.id == nil)
        let keys = try [
            body(entry("m1", "a"), entry("m2", "b")), body(entry("m1", "a")), body(entry("m2", "b"), entry("m1", "a")),
            body(entry("m1m", "a"), entry("2", "b")),
        ].map { try #require(try self.published($0).key).text }
        #expect(Set(keys).count == 4)
        let again = try self.published(body(entry("m1", "other"), entry("m2", "b")) + " ")
        #expect(again.key?.text == keys[0])
    }

    /// What has no id of its own is known by its bytes: receipts, reactions, and a batch that holds any.
    @Test func withoutIDs() throws {
        let bodies = [
            #"{"object":"page","entry":[{"messaging":[{"sender":{"id":"U"},"read":{"watermark":1}}]}]}"#,
            #"{"object":"page","entry":[{"messaging":[{"sender":{"id":"U"},"read":{"watermark":2}}]}]}"#,
            #"{"object":"page","entry":[{"messaging":[{"message":{"mid":"m","text":"a"}},{"read":{"watermark":2}}]}]}"#,
            #"{"object":"page","entry":[{"messaging":[{"message":{"text":"a"}}]}]}"#,
            #"{"object":"page","entry":[{"changes":[{"field":"feed","value":{"item":"like"}}]}]}"#,
            #"{"object":"page","entry":[]}"#, #"{"object":"page"}"#, #"{"object":"permissions","entry":[1,null,"x"]}"#,
            #"{"object":"page","entry":[{"messaging":[{"message":{"mid":"m","text":"a"}}]},{"standby":[{"message":{"mid":"n"}}]}]}"#,
            #"{"object":"page","entry":[{"messaging":[{"message":{"mid":"m"}}],"standby":[{"message":{"mid":"n"}}]}]}"#,
            #"{"object":"page","entry":[{"messaging":[{"message":{"mid":"m","text":"a"}}]},{"id":"1"}]}"#,
        ]
        var keys: Set<String> = []
        for body in bodies {
            let key = try #require(try self.published(body).key).text
            #expect(key.hasPrefix("body:"))
            keys.insert(key)
        }
        #expect(keys.count == bodies.count)
        #expect(try self.published(bodies[0]).event.messages == [])
    }

    /// A message that was taken back is an event of its own, though it has the message's id, and says nothing.
    @Test func takenBack() throws {
        func body(_ more: String) -> String {
            #"{"object":"instagram","entry":[{"messaging":[{"sender":{"id":"U"},"message":{"mid":"m",\#(more)}}]}]}"#
        }
        let (said, takenBack) = (
            try self.published(body(#""text":"a""#)), try self.published(body(#""is_deleted":true"#))
        )
        #expect(said.event.id == "m" && takenBack.event.id == nil)
        #expect(said.key?.text != takenBack.key?.text)
        #expect(takenBack.event.messages == [])
    }

    /// A button that was pressed says its title.
    @Test func postback() throws {
        let body =
            #"{"object":"page","entry":[{"messaging":[{"sender":{"id":"U"},"recipient":{"id":"P"},"postback":{"mid":"m","title":"Yes","payload":"y"}}]}]}"#
        #expect(try self.published(body).event.messages == [ChatMessage(text: "Yes", sender: "U", conversation: "P")])
        #expect(try self.published(body).event.id == "m")
    }

    /// A button has the id of the message that shows it, and pressing it is an event of its own, in a batch too.
    @Test func postbackOfAMessage() throws {
        func key(_ happenings: String...) throws -> String {
            let body = #"{"object":"instagram","entry":[{"messaging":[\#(happenings.joined(separator: ","))]}]}"#
            return try #require(try self.published(body).key).text
        }
        let message = #"{"sender":{"id":"U"},"message":{"mid":"m","text":"Start"}}"#
        let postback = #"{"sender":{"id":"U"},"postback":{"mid":"m","title":"Start","payload":"GO"}}"#
        #expect(try key(message) == "mid:m")
        #expect(try key(postback) == "postback:m")
        let keys = try [
            key(message, message), key(message, postback), key(postback, message), key(postback, postback),
        ]
        #expect(Set(keys).count == 4)
    }

    /// The sample that Meta's dashboard sends has a change where a message stands otherwise; a comment on a page is none.
    @Test func dashboardSample() throws {
        let sample =
            #"{"object":"page","entry":[{"id":"0","time":1,"changes":[{"field":"messages","value":{"sender":{"id":"12334"},"recipient":{"id":"23245"},"timestamp":"1527459824","message":{"mid":"test_message_id","text":"test_message"}}}]}]}"#
        let event = try self.published(sample).event
        #expect(event.messages == [ChatMessage(text: "test_message", sender: "12334", conversation: "23245")])
        #expect(try #require(try self.published(sample).key).text.hasPrefix("body:"))
        let comment =
            #"{"object":"page","entry":[{"changes":[{"field":"feed","value":{"item":"comment","message":"hi"}}]}]}"#
        #expect(try self.published(comment).event.messages == [])
    }

    /// WhatsApp: a message of each kind that says something, and a status, which is none.
    @Test func whatsApp() throws {
        func body(_ value: String) -> String {
            #"{"object":"whatsapp_business_account","entry":[{"id":"W","changes":[{"field":"messages","value":\#(value)}]}]}"#
        }
        for (message, text) in [
            (#""type":"text","text":{"body":"hi"}"#, "hi"),
            (#""type":"button","button":{"payload":"p","text":"No"}"#, "No"),
            (
                #""type":"interactive","interactive":{"type":"button_reply","button_reply":{"id":"1","title":"Go"}}"#,
                "Go"
            ),
            (#""type":"interactive","interactive":{"type":"list_reply","list_reply":{"id":"1","title":"Row"}}"#, "Row"),
            (#""type":"image","image":{"id":"1"}"#, nil),
            (#""type":"image","image":{"id":"1","caption":"below"}"#, "below"),
            (#""type":"video","video":{"id":"1","caption":"below"}"#, "below"),
            (#""type":"document","document":{"id":"1","filename":"a.pdf","caption":"below"}"#, "below"),
        ] as [(String, String?)] {
            let publishing = try self.published(
                body(
                    #"{"messaging_product":"whatsapp","metadata":{"display_phone_number":"1","phone_number_id":"PN"},"contacts":[],"messages":[{"from":"49170","id":"wamid.1","timestamp":"1",\#(message)}]}"#
                )
            )
            #expect(publishing.event.messages == [ChatMessage(text: text, sender: "49170", conversation: "PN")])
            #expect(publishing.key?.text == "mid:wamid.1")
        }
        var keys: Set<String?> = []
        for status in ["sent", "delivered", "read"] {
            let publishing = try self.published(
                body(#"{"metadata":{"phone_number_id":"PN"},"statuses":[{"id":"wamid.1","status":"\#(status)"}]}"#)
            )
            #expect(publishing.event.messages == [])
            keys.insert(publishing.key?.text)
        }
        #expect(keys.count == 3)
        let mixed = body(#"{"statuses":[{"id":"wamid.1"}],"messages":[{"from":"4","id":"wamid.1"}]}"#)
        #expect(try #require(try self.published(mixed).key).text.hasPrefix("body:"))
    }

    /// A request's one number is not copied for messages that are shorter than it: what is told of a batch is never much
    /// more than its bytes, whoever made it.
    @Test func longNumberOfManyMessages() throws {
        let number = String(repeating: "7", count: 10_000)
        let messages = Array(repeating: "{}", count: 10_000).joined(separator: ",")
        let body =
            #"{"object":"whatsapp_business_account","entry":[{"changes":[{"value":{"metadata":{"phone_number_id":"\#(number)"},"messages":[\#(messages)]}}]}]}"#
        let event = try self.published(body).event
        #expect(event.messages.count == 10_000)
        let bytes = event.messages.reduce(0) { $0 + ($1.conversation?.utf8.count ?? 0) }
        #expect(bytes <= body.utf8.count)
    }

    /// Every byte of the body counts, and every digit of the signature.
    @Test func brokenSignatures() throws {
        var request = self.signed(Self.page)
        request.body += [0x20]
        #expect(self.messenger.receive(request.request).refusal == "wrong_signature")
        request = self.signed(Self.page)
        request[query: "secret"] = "another"
        #expect(self.messenger.receive(request.request).refusal == "wrong_signature")
        #expect(self.messenger.receive(request.request).status == 401)
        let genuine = try #require(self.signed(Self.page)[header: "X-Hub-Signature-256"])
        request = self.signed(Self.page)
        request[header: "X-Hub-Signature-256"] = nil
        #expect(self.messenger.receive(request.request).refusal == "missing_signature")
        // The old signature is not enough.
        request[header: "X-Hub-Signature"] = "sha1=" + String(repeating: "0", count: 40)
        #expect(self.messenger.receive(request.request).refusal == "missing_signature")
        for malformed in [
            "", "sha256=", String(genuine.dropLast()), genuine + "00", String(genuine.dropFirst(7)),
            "sha1=" + genuine.dropFirst(7), "SHA256=" + genuine.dropFirst(7),
        ] {
            request[header: "X-Hub-Signature-256"] = malformed
            #expect(self.messenger.receive(request.request).refusal == "malformed_signature")
        }
        request[header: "X-Hub-Signature-256"] = genuine
        request.headers.append(("X-Hub-Signature-256", genuine))
        #expect(self.messenger.receive(request.request).refusal == "malformed_signature")
        request = self.signed(Self.page)
        request[query: "secret"] = nil
        #expect(self.messenger.receive(request.request).refusal == "missing_secret")
    }

    /// A signed body must still be an event.
    @Test(arguments: [
        ("", "malformed_json"), ("[]", "not_an_object"), (#""x""#, "not_an_object"), ("{", "malformed_json"),
        ("{}", "missing_object"), (#"{"object":1}"#, "missing_object"), (#"{"object":""}"#, "missing_object"),
        (#"{"object":"page","object":"page"}"#, "malformed_json"),
        (#"{"object":"page","entry":[{"messaging":[{"message":{"mid":"a","mid":"b"}}]}]}"#, "malformed_json"),
    ])
    func malformedBodies(body: String, reason: String) {
        #expect(self.messenger.receive(self.signed(body).request).refusal == reason)
        #expect(self.messenger.receive(self.signed(body).request).status == 400)
    }

    // MARK: Handshake

    private var handshake: WebhookRequest {
        WebhookRequest(
            .GET,
            "messenger",
            query: [
                ("secret", Self.secret), ("verify_token", "vt"), ("hub.mode", "subscribe"), ("hub.verify_token", "vt"),
                ("hub.challenge", "1158201444"),
            ]
        )
    }

    /// The challenge comes back as plain text where the tokens are the same.
    @Test func challenge() throws {
        let verdict = self.messenger.receive(self.handshake.request)
        #expect(verdict.answer == "1158201444")
        guard case .answer(let response) = verdict else { return }
        #expect(response.status == .ok)
        #expect(response.headers.contains { $0.name == "X-Content-Type-Options" && $0.value == "nosniff" })
    }

    /// A wrong token is 403; a GET that is no handshake says so; a URL that lacks something says what.
    @Test func brokenHandshakes() {
        for (name, value, reason, status) in [
            ("hub.verify_token", "vt2", "wrong_verify_token", 403), ("hub.verify_token", "", "wrong_verify_token", 403),
            ("hub.verify_token", nil, "not_a_handshake", 400), ("hub.challenge", nil, "not_a_handshake", 400),
            ("hub.challenge", "", "not_a_handshake", 400), ("hub.challenge", "a b", "not_a_handshake", 400),
            ("hub.challenge", "a\r\nb", "not_a_handshake", 400),
            ("hub.challenge", String(repeating: "1", count: 1_025), "not_a_handshake", 400),
            ("hub.mode", "unsubscribe", "not_a_handshake", 400), ("hub.mode", nil, "not_a_handshake", 400),
            ("verify_token", nil, "missing_verify_token", 400), ("verify_token", "", "missing_verify_token", 400),
            ("secret", nil, "missing_secret", 400),
        ] as [(String, String?, String, UInt)] {
            var request = self.handshake
            request[query: name] = value
            #expect(self.messenger.receive(request.request).refusal == reason, "\(name) \(value ?? "-")")
            #expect(self.messenger.receive(request.request).status == status)
        }
        for method in [HTTPMethod.PUT, .DELETE] {
            var request = self.signed(Self.page)
            request.method = method
            #expect(self.messenger.receive(request.request).refusal == "not_post")
            #expect(self.messenger.receive(request.request).status == 405)
        }
    }

    /// No refusal repeats a secret or a token.
    @Test func refusalsKeepSecrets() {
        var request = self.handshake
        request[query: "verify_token"] = "a-verify-token"
        let verdict = self.messenger.receive(request.request)
        #expect(!"\(verdict)".contains("a-verify-token"))
        #expect(!"\(verdict)".contains(Self.secret))
    }
}
