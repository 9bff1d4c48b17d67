// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Hookwire

/// Which addresses a relay can have.
@Suite struct WebAddressRelayTests {
    /// A reverse proxy may have the relay under a path of its own.
    @Test(arguments: [
        "http://h", "http://h/", "https://h:8443/relay", "http://h/relay/", "http://h/ws/a/relay", "http://h/news",
        "http://h/webhook/a/b/relay", "http://h/webhooks",
    ])
    func taken(_ address: String) throws {
        #expect(try #require(WebAddress(address)).relayFault == nil)
    }

    /// What was copied from a bot's settings is the address of a socket, and says how to mend it.
    @Test(arguments: [
        ("http://h:8080/ws", "http://h:8080, without /ws: the socket's path is added."),
        ("https://h/relay/ws//", "https://h/relay, without /ws: the socket's path is added."),
        (
            "http://h/relay/ws/SECRET",
            "http://h/relay, without /ws/…: the socket's path is added, and the secret goes to --secret, a token to --token."
        ),
        ("http://h?secret=s", "http://h, without ?…: the secret goes to --secret, a token to --token."),
        ("http://h/relay/?", "http://h/relay, without ?…: the secret goes to --secret, a token to --token."),
        (
            "http://h/ws?secret=s",
            "http://h, without /ws?…: the socket's path is added, and the secret goes to --secret, a token to --token."
        ),
        (
            "http://h/webhook?secret=s",
            "http://h, without /webhook?…: the socket's path is added, and the secret goes to --secret, a token to --token."
        ),
        ("http://h/relay/webhook/", "http://h/relay, without /webhook: the socket's path is added."),
        (
            "https://h/webhook/wechat/support",
            "https://h, without /webhook/…: the socket's path is added, and the secret goes to --secret, a token to --token."
        ),
    ])
    func refused(_ address: String, _ mend: String) throws {
        #expect(
            try #require(WebAddress(address)).relayFault == "--relay takes the relay's address, \(mend)"
        )
    }

    /// A socket's address has another scheme than the relay's.
    @Test(arguments: [("ws://h/ws", "http:// in place of ws://"), ("WSS://h", "https:// in place of wss://")])
    func otherSchemes(_ address: String, _ mend: String) {
        #expect(WebAddress(address) == nil)
        #expect(WebAddress.relayMend(for: address).contains(mend))
        #expect(WebAddress.relayMend(for: "localhost:8080").contains("such as http://localhost:8080"))
    }
}
