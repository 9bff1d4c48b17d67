// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1
import Shared
import Testing

@testable import Ingress

@Suite struct GenericTests {
    /// GitHub's documented vector.
    private static let secret = "It's a Secret to Everybody"
    private static let signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"

    private func generic(seconds: Int64 = 1_700_000_000) -> Generic {
        Generic(configuration: IngressConfiguration(), clock: Clock { seconds * 1_000 })
    }

    private var github: WebhookRequest {
        WebhookRequest(
            "generic",
            query: [("secret", Self.secret)],
            headers: [("X-Hub-Signature-256", Self.signature)],
            body: "Hello, World!"
        )
    }

    // MARK: GitHub's form

    /// GitHub's vector is published with its bytes untouched, by any method, on the secret's channel.
    @Test(arguments: [HTTPMethod.POST, .PUT, .PATCH, .DELETE])
    func githubVector(method: HTTPMethod) throws {
        var request = self.github
        request.method = method
        let publishing = try #require(self.generic().receive(request.request).published)
        #expect(String(buffer: publishing.event.body) == "Hello, World!")
        #expect(publishing.event.method == method)
        #expect(publishing.event.platform == "generic")
        #expect(publishing.event.id == nil)
        #expect(publishing.key == nil)
        #expect(publishing.event.messages == [])
        #expect(publishing.reply == nil)
        #expect(publishing.channel == ChannelID(secret: Secret(Self.secret)))
        #expect(String(buffer: publishing.acknowledgement.body) == "OK")
    }

    /// A body, a secret or a signature that differs is refused, and so is one in no form.
    @Test func githubBroken() {
        let generic = self.generic()
        var request = self.github
        request.body += [0x20]
        #expect(generic.receive(request.request).refusal == "wrong_signature")
        request = self.github
        request[query: "secret"] = "it's a Secret to Everybody"
        #expect(generic.receive(request.request).refusal == "wrong_signature")
        for index in 0..<32 {
            var bytes = Hex.decode(Self.signature.dropFirst(7)) ?? []
            bytes[index] ^= 1
            request = self.github
            request[header: "X-Hub-Signature-256"] = "sha256=" + Hex.encode(bytes)
            #expect(generic.receive(request.request).refusal == "wrong_signature")
        }
        for malformed in [
            "", "sha256=", String(Self.signature.dropLast()), Self.signature + "0",
            Self.signature.replacing("sha256", with: "sha1"),
            String(Self.signature.dropFirst(7)), "sha256=" + String(repeating: "g", count: 64),
        ] {
            request = self.github
            request[header: "X-Hub-Signature-256"] = malformed
            #expect(generic.receive(request.request).refusal == "malformed_signature")
        }
        request = self.github
        request.headers.append(("x-hub-signature-256", Self.signature))
        #expect(generic.receive(request.request).refusal == "malformed_signature")
        request = self.github
        request[header: "X-Hub-Signature-256"] = nil
        #expect(generic.receive(request.request).refusal == "missing_signature")
        #expect(generic.receive(request.request).status == 401)
        request = self.github
        request[query: "secret"] = nil
        #expect(generic.receive(request.request).refusal == "missing_secret")
        #expect(generic.receive(request.request).status == 400)
    }

    /// Another field, another prefix, and Base64 in place of digits: LINE's signature is one of these.
    @Test func otherHeaders() throws {
        let code = try #require(Hex.decode(Self.signature.dropFirst(7)))
        for (header, field, value) in [
            ("X-Signature", "x-signature", Hex.encode(code)),
            ("X-Signature:v0=", "X-Signature", "v0=" + Hex.encode(code).uppercased()),
            ("x-signature:sha256=", "X-Signature", "sha256=" + Base64.encode(code)),
        ] {
            var request = self.github
            request[query: "header"] = header
            request.headers = [(field, value)]
            #expect(self.generic().receive(request.request).published != nil)
            request.headers = [(field, "x" + value)]
            #expect(self.generic().receive(request.request).refusal == "malformed_signature")
            request.headers = [("X-Hub-Signature-256", Self.signature)]
            #expect(self.generic().receive(request.request).refusal == "missing_signature")
        }
        let line = WebhookRequest(
            "generic",
            query: [("secret", "8c570fa6dd201bb328f1c1eac23a96d8"), ("header", "x-line-signature")],
            headers: [("X-Line-Signature", "GhRKmvmHys4Pi8DxkF4+EayaH0OqtJtaZxgTD9fMDLs=")],
            body: #"{"destination":"U8e742f61d673b39c7fff3cecb7536ef0","events":[]}"#
        )
        #expect(self.generic().receive(line.request).published != nil)
    }

    /// What the URL says must be something.
    @Test func malformedURLs() {
        for (name, value, reason) in [
            ("scheme", "hmac", "unknown_scheme"), ("scheme", "GitHub", "unknown_scheme"),
            ("header", "a b", "malformed_header"),
            ("header", ":x", "malformed_header"), ("header", "naïve", "malformed_header"),
            ("reply", "true", "malformed_reply"), ("reply", "2", "malformed_reply"),
        ] {
            var request = self.github
            request[query: name] = value
            #expect(self.generic().receive(request.request).refusal == reason)
            #expect(self.generic().receive(request.request).status == 400)
        }
    }

    // MARK: Standard Webhooks

    private func standard(
        secret: String,
        id: String = "msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp: String = "1700000000",
        signature: String,
        body: String = #"{"test": 2432232314}"#
    ) -> WebhookRequest {
        WebhookRequest(
            "generic",
            query: [("secret", secret), ("scheme", "standard")],
            headers: [
                ("webhook-id", id), ("webhook-timestamp", timestamp), ("webhook-signature", signature),
            ],
            body: body
        )
    }

    /// The specification's example for `v1`.
    @Test func standardVector() throws {
        var request = self.standard(
            secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            timestamp: "1614265330",
            signature: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        )
        let generic = self.generic(seconds: 1_614_265_330)
        let publishing = try #require(generic.receive(request.request).published)
        #expect(publishing.event.id == "msg_p5jXN8AQM9LWM0D4loKWxJek")
        #expect(publishing.key?.text == "webhook-id:msg_p5jXN8AQM9LWM0D4loKWxJek")
        #expect(publishing.channel == ChannelID(secret: Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")))
        // The fields have other names at Svix.
        var svix = request
        svix.headers = svix.headers.map { ($0.replacing("webhook-", with: "svix-"), $1) }
        #expect(generic.receive(svix.request).published?.event.id == "msg_p5jXN8AQM9LWM0D4loKWxJek")
        svix[header: "svix-timestamp"] = nil
        #expect(generic.receive(svix.request).refusal == "missing_signature")
        // The prefix of the secret may be left out.
        request[query: "secret"] = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
        #expect(generic.receive(request.request).published != nil)
        // One of several is enough, and unknown versions are passed over.
        for signatures in [
            "v1,AAAA v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= v1,AAAA",
            "v9,anything v1a,AAAA v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        ] {
            request[header: "webhook-signature"] = signatures
            #expect(generic.receive(request.request).published != nil)
        }
        for (signatures, reason) in [
            ("", "malformed_signature"), ("v1", "malformed_signature"), ("v1,g0hM9", "malformed_signature"),
            ("v1,", "wrong_signature"), ("v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", "wrong_signature"),
            ("v1a,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", "wrong_signature"),
            ("v1,h0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", "wrong_signature"),
            (Array(repeating: "v1,AAAA", count: 17).joined(separator: " "), "malformed_signature"),
        ] {
            request[header: "webhook-signature"] = signatures
            #expect(generic.receive(request.request).refusal == reason, "\(signatures)")
        }
    }

    /// `v1a` with the sender's public key: Ed25519 over the same bytes.
    @Test func standardPublicKey() throws {
        let key = try Ed25519PrivateKey(seed: Array(0..<32))
        let secret = "whpk_" + Base64.encode(key.publicKey)
        let signed = Array(#"msg_1.1700000000.{"a":1}"#.utf8)
        let signature = try signed.withUnsafeBytes { try key.sign($0) }
        var request = self.standard(
            secret: secret,
            id: "msg_1",
            signature: "v1a," + Base64.encode(signature),
            body: #"{"a":1}"#
        )
        #expect(self.generic().receive(request.request).published != nil)
        // Each costs as much as a hundred of the other kind.
        let many = Array(repeating: "v1a," + Base64.encode(signature), count: 5).joined(separator: " ")
        var tooMany = request
        tooMany[header: "webhook-signature"] = many
        #expect(self.generic().receive(tooMany.request).refusal == "malformed_signature")
        request.body += [0x20]
        #expect(self.generic().receive(request.request).refusal == "wrong_signature")
        request = self.standard(secret: secret, id: "msg_1", signature: "v1,AAAA", body: #"{"a":1}"#)
        #expect(self.generic().receive(request.request).refusal == "wrong_signature")
    }

    /// Each part must be there, fresh, and in a form in which no byte can move from one to the next.
    @Test func standardBroken() {
        let generic = self.generic()
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
        for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
            var request = self.standard(secret: secret, signature: "v1,AAAA")
            request[header: name] = nil
            #expect(generic.receive(request.request).refusal == "missing_signature")
        }
        for (id, timestamp, reason) in [
            ("a.b", "1700000000", "malformed_signature"), ("", "1700000000", "malformed_signature"),
            ("a", "1.7e9", "malformed_timestamp"), ("a", "+1700000000", "malformed_timestamp"),
            ("a", "1699999699", "stale_timestamp"), ("a", "1700000301", "stale_timestamp"),
            ("a", "9999999999999999", "stale_timestamp"), ("a", "1700000300", "wrong_signature"),
        ] {
            let request = self.standard(secret: secret, id: id, timestamp: timestamp, signature: "v1,AAAA")
            #expect(generic.receive(request.request).refusal == reason, "\(id) \(timestamp)")
        }
        for secret in ["whsec_", "whsec_a", "not base64", "whpk_AAAA", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS"] {
            let request = self.standard(secret: secret, signature: "v1,AAAA")
            #expect(generic.receive(request.request).refusal == "malformed_standard_secret")
        }
        #expect(generic.receive(self.standard(secret: "", signature: "v1,AAAA").request).refusal == "missing_secret")
    }

    /// An id is remembered for as long as its request could be sent again.
    @Test func standardKeysOutliveTheWindow() throws {
        let key = Array("key".utf8)
        let body = "{}"
        let code = HMACSHA256.code(key: key, over: "a.1700000290.\(body)".utf8)
        let request = self.standard(
            secret: "whsec_" + Base64.encode(key),
            id: "a",
            timestamp: "1700000290",
            signature: "v1," + Base64.encode(code),
            body: body
        )
        let published = try #require(self.generic().receive(request.request).published?.key)
        #expect(published.lifetimeMilliseconds > 590_000)
    }

    // MARK: Bearer and none

    /// A secret that the request carries suffices, and must be the URL's where that has one. It does not travel.
    @Test func bearer() throws {
        let generic = self.generic()
        var request = WebhookRequest("generic", query: [("scheme", "bearer")], body: "x")
        #expect(generic.receive(request.request).refusal == "missing_token")
        for value in ["Bearer hunter2", "bearer  hunter2", "Basic " + Base64.encode("user:hunter2".utf8)] {
            request[header: "Authorization"] = value
            let publishing = try #require(generic.receive(request.request).published)
            #expect(publishing.channel == ChannelID(secret: Secret("hunter2")))
            #expect(publishing.event.headers["authorization"] == [])
        }
        for value in ["", "Bearer", "Bearer ", "Digest hunter2", "Basic hunter2", "Basic " + Base64.encode("x".utf8)] {
            request[header: "Authorization"] = value
            #expect(generic.receive(request.request).refusal == "missing_token", "\(value)")
        }
        request[header: "Authorization"] = "Bearer hunter2"
        request[query: "secret"] = "hunter2"
        #expect(generic.receive(request.request).published != nil)
        request[query: "secret"] = "hunter3"
        #expect(generic.receive(request.request).refusal == "wrong_secret")
        request[header: "Authorization"] = nil
        request[query: "secret"] = "hunter2"
        request[query: "header"] = "X-Telegram-Bot-Api-Secret-Token"
        #expect(generic.receive(request.request).refusal == "missing_token")
        request[header: "x-telegram-bot-api-secret-token"] = "hunter2"
        let publishing = try #require(generic.receive(request.request).published)
        #expect(publishing.event.headers.isEmpty)
        #expect(!"\(publishing)".contains("hunter2"))
        request[header: "x-telegram-bot-api-secret-token"] = "hunter3"
        #expect(generic.receive(request.request).refusal == "wrong_secret")
    }

    /// Nothing is signed only where the URL says so.
    @Test func unsigned() throws {
        var request = WebhookRequest(
            .GET,
            "generic",
            query: [("a", "1"), ("secret", "s"), ("scheme", "none"), ("b", "2")]
        )
        let publishing = try #require(self.generic().receive(request.request).published)
        #expect(publishing.event.query == "a=1&b=2")
        request[query: "secret"] = nil
        #expect(self.generic().receive(request.request).refusal == "missing_secret")
        request[query: "secret"] = "s"
        request[query: "scheme"] = nil
        #expect(self.generic().receive(request.request).refusal == "missing_signature")
    }

    // MARK: Events

    /// The first of four fields names the event; GitHub's name for it is that of several hooks.
    @Test func keys() {
        let generic = self.generic()
        let long = String(repeating: "x", count: 513)
        for (fields, key) in [
            ([("X-GitHub-Delivery", "d"), ("Idempotency-Key", "k")], "x-github-delivery:d"),
            ([("X-GitHub-Delivery", "d"), ("X-GitHub-Hook-ID", "1")], "x-github-delivery:d:1"),
            ([("X-GitHub-Delivery", "d"), ("X-GitHub-Hook-ID", "2")], "x-github-delivery:d:2"),
            ([("X-GitHub-Delivery", "d"), ("X-GitHub-Hook-ID", long)], "x-github-delivery:d"),
            ([("Svix-Id", "s"), ("Webhook-Id", "w")], "webhook-id:w"), ([("Svix-Id", "s")], "svix-id:s"),
            ([("Idempotency-Key", "k"), ("Webhook-Id", "w")], "webhook-id:w"),
            ([("Idempotency-Key", "k")], "idempotency-key:k"), ([("Idempotency-Key", "")], nil),
            ([("Idempotency-Key", long)], nil), ([("Idempotency-Key", "a"), ("Idempotency-Key", "b")], nil), ([], nil),
        ] as [([(String, String)], String?)] {
            let request = WebhookRequest("generic", query: [("secret", "s"), ("scheme", "none")], headers: fields)
            #expect(generic.receive(request.request).published?.key?.text == key)
        }
        let request = WebhookRequest(
            "generic",
            query: [("secret", "s"), ("scheme", "none")],
            headers: [("X-GitHub-Event", "push")]
        )
        #expect(generic.receive(request.request).published?.event.type == "push")
    }

    /// A field that repeats what is a credential in the URL does not travel; one that repeats anything else does.
    @Test func repeatedCredentials() throws {
        let request = WebhookRequest(
            "generic",
            query: [("secret", "s"), ("scheme", "none"), ("token", "own")],
            headers: [
                ("X-Forwarded-Uri", "/?secret=s"), ("Referer", "/?token=own"), ("X-Rewrite-URL", "/?rd=%3Fsecret%3Ds"),
            ]
        )
        let event = try #require(self.generic().receive(request.request).published).event
        #expect(event.headers.map(\.name) == ["Referer"])
        #expect(event.query == "token=own")
    }

    /// A request waits for a reply only where the URL says so, and then the reply is the answer as it is.
    @Test func replies() throws {
        var request = WebhookRequest("generic", query: [("secret", "s"), ("scheme", "none"), ("reply", "1")])
        let publishing = try #require(self.generic().receive(request.request).published)
        #expect(publishing.event.query == "")
        let form = try #require(publishing.reply?.form)
        let text = try #require(form.response(to: .text("hé")))
        #expect(text.status == .ok && String(buffer: text.body) == "hé")
        let own = Reply.Response(
            status: 418,
            headers: [.init(name: "X-A", value: "b"), .init(name: "Content-Length", value: "7")],
            body: ByteBuffer(string: "tea")
        )
        let response = try #require(form.response(to: .response(own)))
        #expect(response.status.code == 418)
        #expect(response.headers.map(\.name) == ["X-A"])
        #expect(String(buffer: response.body) == "tea")
        request[query: "reply"] = "0"
        #expect(try #require(self.generic().receive(request.request).published).reply == nil)
    }

    /// What a browser would hold against the whole origin, or longer than the answer, is not a bot's to say, in any case.
    @Test(
        arguments: [
            "set-cookie", "SET-COOKIE", "Service-Worker-Allowed", "Clear-Site-Data", "Strict-Transport-Security", "NEL",
            "Report-To", "Reporting-Endpoints", "Alt-Svc", "Content-Security-Policy", "X-Content-Type-Options",
            "Content-Security-Policy-Report-Only", "Access-Control-Allow-Origin", "access-control-max-age",
        ]
    )
    func fieldsThatAreNotABots(name: String) throws {
        let fields = [
            Reply.Field(name: name, value: "a"), .init(name: "X-A", value: "b"), .init(name: "Link", value: "c"),
        ]
        let own = Reply.Response(status: 200, headers: fields, body: ByteBuffer())
        let response = try #require(PlainReplyForm().response(to: .response(own)))
        #expect(response.headers.map(\.name) == ["X-A", "Link"])
    }

    /// A response that HTTP does not allow is none: nothing can begin another answer.
    @Test func unfitReplies() {
        for response in [
            Reply.Response(status: 101, headers: [], body: ByteBuffer()),
            Reply.Response(status: 99, headers: [], body: ByteBuffer()),
            Reply.Response(status: 600, headers: [], body: ByteBuffer()),
            Reply.Response(status: 200, headers: [.init(name: "A", value: "b\r\nC: d")], body: ByteBuffer()),
            Reply.Response(status: 200, headers: [.init(name: "A\r\nC", value: "b")], body: ByteBuffer()),
            Reply.Response(status: 200, headers: [.init(name: "A: b", value: "b")], body: ByteBuffer()),
            Reply.Response(status: 200, headers: [.init(name: "", value: "b")], body: ByteBuffer()),
            Reply.Response(status: 200, headers: [.init(name: "Ä", value: "b")], body: ByteBuffer()),
        ] {
            #expect(PlainReplyForm().response(to: .response(response)) == nil)
        }
    }
}
