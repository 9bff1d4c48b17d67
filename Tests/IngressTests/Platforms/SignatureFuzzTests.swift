// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOHTTP1
import SeededRandom
import Shared
import Testing

@testable import Ingress

/// Random signatures in every form that a platform has: nothing that is not the right one is let in, and nothing crashes.
@Suite struct SignatureFuzzTests {
    private static let time = Duration.milliseconds(300)
    private static let pieces = [
        "sha256=", "v1,", "v1a,", "v2,", " ", ",", "=", "Bearer ", "Basic ", "AAAA", "00", "ff", "whsec_", ":", "\t",
        "é", "\u{0301}",
        "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
        "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        String(repeating: "A", count: 86) + "==",
    ]

    private func text(_ random: inout SeededRandom) -> String {
        (0..<Int.random(in: 0...6, using: &random)).map { _ in Self.pieces.randomElement(using: &random) ?? "" }
            .joined()
    }

    private func run(_ name: String, _ step: (inout SeededRandom) -> Void) {
        var random = SeededRandom(for: "SignatureFuzzTests.\(name)")
        let end = ContinuousClock.now + Self.time
        while ContinuousClock.now < end { step(&random) }
    }

    @Test func hmac() {
        let generic = Generic(configuration: IngressConfiguration(), clock: Clock { 0 })
        self.run("hmac") { random in
            let request = WebhookRequest(
                "generic",
                query: [("secret", "s"), ("header", "x:" + self.text(&random))],
                headers: [("x", self.text(&random))],
                body: "b"
            )
            #expect(generic.receive(request.request).published == nil, "seed \(random.seed)")
        }
    }

    @Test func standard() {
        let generic = Generic(configuration: IngressConfiguration(), clock: Clock { 1_000 })
        self.run("standard") { random in
            let request = WebhookRequest(
                "generic",
                query: [
                    ("secret", Bool.random(using: &random) ? "whsec_AAAA" : "whpk_" + Base64.encode(random.bytes(32))),
                    ("scheme", "standard"),
                ],
                headers: [
                    ("webhook-id", self.text(&random)),
                    ("webhook-timestamp", Bool.random(using: &random) ? "1" : self.text(&random)),
                    ("webhook-signature", self.text(&random)),
                ],
                body: "b"
            )
            #expect(generic.receive(request.request).published == nil, "seed \(random.seed)")
        }
    }

    @Test func messenger() {
        let messenger = Messenger(clock: Clock { 0 })
        self.run("messenger") { random in
            let request = WebhookRequest(
                "messenger",
                query: [("secret", "s")],
                headers: [("X-Hub-Signature-256", self.text(&random))],
                body: #"{"object":"page"}"#
            )
            #expect(messenger.receive(request.request).published == nil, "seed \(random.seed)")
        }
    }

    /// Whatever the field says, the secret in it is a part of it, or what its Base64 stands for.
    @Test func authorization() {
        self.run("authorization") { random in
            let value = self.text(&random)
            guard let secret = Authorization.secret(in: ["Authorization": value]) else { return }
            let isBasic = value.lowercased().hasPrefix("basic ")
            #expect(isBasic || value.contains(secret.exposeText()), "seed \(random.seed): \(value)")
            #expect(!secret.isEmpty)
        }
    }

    @Test func weChat() {
        let weChat = WeChat(configuration: IngressConfiguration(), clock: Clock { 1_400_000_000_000 })
        self.run("weChat") { random in
            var request = WeChatSender.encrypted.request(encrypted: "AAAA")
            for name in ["msg_signature", "timestamp", "nonce", "encrypt_type", "aes_key", "app_id"] {
                if Bool.random(using: &random) { request[query: name] = self.text(&random) }
            }
            #expect(weChat.receive(request.request).published == nil, "seed \(random.seed)")
        }
    }
}
