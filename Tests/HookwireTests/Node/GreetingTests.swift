// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Shared
import Testing

@testable import Hookwire

@Suite struct GreetingTests {
    private static func greeting(_ access: AccessMode, publicURL: String? = nil) -> String {
        Greeting(
            baseURL: "http://localhost:8080",
            publicURL: publicURL,
            tier: .both,
            access: access,
            retention: "in memory only",
            program: "hookwire"
        ).text
    }

    /// The one URL that is shown is QQ's: who is of another platform is not to take it.
    @Test func platforms() {
        let text = Self.greeting(.open)
        #expect(text.contains("  Webhook URL   http://localhost:8080/webhook?secret=demo-secret\n"))
        let others = "/webhook/wechat, /webhook/messenger, /webhook/dialogflow, /webhook/generic"
        #expect(text.contains("(QQ's; of others: \(others))"))
        #expect(!Self.greeting(.registered).contains("QQ's"))
    }

    /// What is pasted into a platform is the address that it reaches.
    @Test func publicURL() {
        let text = Self.greeting(.open, publicURL: "https://relay.example.com/hookwire")
        #expect(text.hasPrefix("Hookwire is listening on http://localhost:8080\n"))
        #expect(text.contains("  Webhook URL   https://relay.example.com/hookwire/webhook?secret=demo-secret\n"))
        #expect(text.contains("  Socket URL    wss://relay.example.com/hookwire/ws?secret=demo-secret\n"))
        #expect(text.contains("hookwire send --relay https://relay.example.com/hookwire --platform qq"))
        #expect(text.ranges(of: "localhost").count == 1)
    }
}
