// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Shared
import Testing

@testable import Hookwire

@Suite struct WebhookURLTests {
    /// An address is taken apart, with the port that its scheme has.
    @Test(arguments: [
        ("https://a.example/webhook?secret=S&x", "a.example", 443, "/webhook", "secret=S&x"),
        ("http://a.example", "a.example", 80, "", ""),
        ("HTTP://a.example:8080?secret=S", "a.example", 8_080, "", "secret=S"),
        ("https://[2001:db8::1]:8443/w#part", "2001:db8::1", 8_443, "/w", ""),
        ("https://[::1]/", "::1", 443, "/", ""),
    ])
    func isTakenApart(text: String, host: String, port: Int, path: String, query: String) throws {
        let url = try #require(WebhookURL(text))
        #expect(url.host == host)
        #expect(url.port == port)
        #expect(url.path == path)
        #expect(url.query == query)
    }

    /// What cannot be sent as it stands, or could be read in two ways, is refused.
    @Test(arguments: [
        "", "a.example/webhook", "ws://a.example/", "https://", "https:///webhook", "https://a:0/", "https://a:65536/",
        "https://a:x/", "https://user@a.example/", "https://a.example/ x", "https://机器人.example/", "https://::1/",
        "https://a.example/\r\nX: y",
    ])
    func isRefused(text: String) {
        #expect(WebhookURL(text) == nil)
    }

    /// What the platform adds stands behind what was entered.
    @Test func targets() throws {
        let added = [(name: "echostr", value: "a&b=c"), ("n", "1")]
        #expect(
            try #require(WebhookURL("https://a/w?secret=S")).target(adding: added)
                == "/w?secret=S&echostr=a%26b%3Dc&n=1"
        )
        #expect(try #require(WebhookURL("https://a")).target(adding: added) == "/?echostr=a%26b%3Dc&n=1")
        #expect(try #require(WebhookURL("https://a/w")).target() == "/w")
    }

    /// What people see of an address has no secrets.
    @Test func redaction() throws {
        let url = try #require(WebhookURL("https://a.example:8443/w?secret=S3CRET&token=T0KEN&S3CRET"))
        #expect(url.redacted == "https://a.example:8443/w?secret=…&token=…&…")
        #expect(try #require(WebhookURL("http://[::1]/w")).redacted == "http://[::1]/w")
    }

    /// Bots connect beside the webhook, behind the same prefix.
    @Test(arguments: [
        ("/webhook", "/ws"), ("/webhook/qq/my-bot", "/ws"), ("/relay/webhook/wechat", "/relay/ws"),
        ("/callback", "/ws"),
        ("", "/ws"),
    ])
    func sockets(path: String, socket: String) throws {
        let url = try #require(WebhookURL("https://a.example\(path)?secret=x"))
        let target = url.socket(secret: .init("a&b")).target()
        #expect(target == "\(socket)?secret=a%26b&backlog=off")
        #expect(url.socket(secret: nil).target() == "\(socket)?backlog=off")
    }

    /// An address without a webhook's path or query is a relay's, whatever stands before its paths.
    @Test(arguments: [
        ("https://a", ""), ("https://a/", ""), ("https://a/?secret=S", ""), ("https://a/relay", "/relay"),
        ("https://a/x/relay/", "/x/relay"), ("https://a/webhook", nil), ("https://a/relay/webhook/qq/my-bot", nil),
        ("https://a/callback?secret=S", nil),
    ])
    func relayPrefixes(address: String, prefix: String?) throws {
        #expect(try #require(WebhookURL(address)).relayPrefix == prefix)
    }

    /// The path says whose webhook it is.
    @Test(arguments: [
        ("/webhook", PlatformName.qq), ("/webhook/", .qq), ("/webhook/wechat", .wechat),
        ("/x/webhook/messenger", .messenger),
        ("/webhook/dialogflow/my-bot", .dialogflow), ("/webhook/irc", nil), ("/callback", nil), ("", nil),
    ])
    func platforms(path: String, platform: PlatformName?) {
        #expect(PlatformName(path: path) == platform)
    }
}
