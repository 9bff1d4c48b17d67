// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import Shared
import Testing

@testable import Admin

/// The admin API.
@Suite struct AdminTests {
    private static let secret = "a secret of the platform's"

    private func add(_ client: AdminClient, _ name: String = "alpha", more: String = "") async throws {
        let body = #"{"name":"\#(name)","platform":"qq","secret":"\#(Self.secret) \#(name)"\#(more)}"#
        #expect(try await client.ask(.POST, "/api/bots", body).status == 201)
    }

    /// Nothing is said to who has no token, a wrong one, or a part of the right one; and many wrong ones are answered slowly.
    @Test func gate() async throws {
        let client = try await AdminClient()
        for path in ["/api/bots", "/api/bots/alpha"] {
            #expect(try await client.ask(.GET, path, token: nil).status == 401)
            #expect(try await client.ask(.GET, path, token: "wrong").json["reason"] as? String == "wrong_token")
            #expect(try await client.ask(.GET, path, token: String(AdminClient.token.dropLast())).status == 401)
        }
        var last: UInt = 0
        for _ in 0..<40 { last = try await client.ask(.GET, "/api/bots", token: "wrong").status }
        #expect(last == 429)
        for _ in 0..<80 { last = try await client.ask(.GET, "/api/bots", token: nil).status }
        #expect(last == 429)
        let lines = client.log.all.filter { $0.contains("reason=missing_token") }
        #expect(lines.count < 80, "a flood is told by its beginning")
        // Whoever floods the listener does not lock the operator out.
        #expect(try await client.ask(.GET, "/api/bots").status == 200)
        #expect(client.log.all.contains { $0.contains("reason=wrong_token") && $0.contains("actor=api:192.0.2.7") })
    }

    /// Whoever mistypes a path is told of the API's, not of webhooks; a method is told by its own words.
    @Test func unknownPath() async throws {
        let client = try await AdminClient()
        let answer = try await client.ask(.GET, "/api/bot")
        #expect(answer.status == 404 && answer.json["reason"] as? String == "not_found")
        #expect((answer.json["detail"] as? String)?.contains("/api/bots") == true && !answer.text.contains("/ws"))
        #expect(try await client.ask(.PUT, "/api/bots").status == 405)
    }

    /// The page itself is for everybody: it holds nothing.
    @Test func page() async throws {
        let client = try await AdminClient()
        let page = try await client.ask(.GET, "/", token: nil)
        #expect(page.status == 200 && page.text.contains("bots.js"))
        for file in ["bots.js", "botapi.js", "bots.css", "style.css", "dom.js"] {
            #expect(try await client.ask(.GET, "/inspector/\(file)", token: nil).status == 200)
        }
    }

    /// A bot is added, shown, changed and removed; its secret is in no answer and no line of the log.
    @Test func life() async throws {
        let client = try await AdminClient()
        try await self.add(
            client,
            more: #","appid":"1024","limits":{"requests":"150/m","burst":9,"sockets":3},"retention":{"age":"2h"}"#
        )
        let shown = try await client.ask(.GET, "/api/bots/alpha")
        #expect(shown.json["webhook"] as? String == "/webhook/qq/alpha" && shown.json["appid"] as? String == "1024")
        let limits = try #require(shown.json["limits"] as? [String: Any])
        #expect(limits["requests"] as? String == "150/m" && limits["burst"] as? Int == 9)
        #expect(
            try await client.ask(.POST, "/api/bots", #"{"name":"alpha","platform":"qq","secret":"12345678"}"#).status
                == 409
        )

        let changed = try await client.ask(.PATCH, "/api/bots/alpha", #"{"opens_by_secret":false}"#)
        #expect(changed.json["opens_by_secret"] as? Bool == false && changed.json["appid"] as? String == "1024")
        // What is not named stays, and null takes away.
        let more = try await client.ask(
            .PATCH,
            "/api/bots/alpha",
            #"{"limits":{"log_bytes":4096},"retention":{"count":7}}"#
        )
        let kept = try #require(more.json["limits"] as? [String: Any])
        #expect(
            kept["requests"] as? String == "150/m" && kept["burst"] as? Int == 9 && kept["log_bytes"] as? Int == 4_096
        )
        let both = try #require(more.json["retention"] as? [String: Any])
        #expect(both["age"] as? String == "2h" && both["count"] as? Int == 7)
        let faster = try await client.ask(.PATCH, "/api/bots/alpha", #"{"limits":{"requests":"200/s"}}"#)
        #expect((faster.json["limits"] as? [String: Any])?["burst"] as? Int == 9)
        let usual = try await client.ask(.PATCH, "/api/bots/alpha", #"{"limits":{"burst":null}}"#)
        #expect((usual.json["limits"] as? [String: Any])?["requests"] as? String == "200/s")
        let directory = try #require(client.store.registry.directory)
        #expect(directory.bots.values.first?.limits.requests == RateLimit(rate: 200))
        let unsaid = try await client.ask(.PATCH, "/api/bots/alpha", #"{"needs_token":null}"#)
        #expect(unsaid.status == 400 && unsaid.text.contains("true or false"))
        let less = try await client.ask(
            .PATCH,
            "/api/bots/alpha",
            #"{"appid":null,"limits":{"requests":null},"retention":{"count":null,"age":null}}"#
        )
        #expect(less.json["appid"] == nil && less.json["retention"] == nil)
        #expect((less.json["limits"] as? [String: Any])?["requests"] == nil)
        let none = try await client.ask(.PATCH, "/api/bots/alpha", #"{"retention":{},"limits":null}"#)
        #expect(none.json["retention"] == nil && (none.json["limits"] as? [String: Any])?.isEmpty == true)

        let list = try await client.ask(.GET, "/api/bots")
        #expect(
            (list.json["bots"] as? [Any])?.count == 1 && list.json["total"] as? Int == 1 && list.json["next"] == nil
        )

        #expect(try await client.ask(.DELETE, "/api/bots/alpha").status == 204)
        #expect(try await client.ask(.GET, "/api/bots/alpha").status == 404)
        #expect(client.store.actions.map(\.kind) == [.add] + Array(repeating: .change, count: 6) + [.remove])
        for text in [shown.text, changed.text, list.text] + client.log.all { #expect(!text.contains(Self.secret)) }
        #expect(client.store.actions.allSatisfy { $0.actor == "api:192.0.2.7" })
    }

    /// WeChat's key is changed together with the one before, which is taken away in the end; both are checked, none is told.
    @Test func weChatKeys() async throws {
        let client = try await AdminClient()
        try await self.add(client)
        let keys = ["a", "b"].map { String(repeating: $0, count: 42) + "E" }
        func options(_ body: String) async throws -> Bot.PlatformOptions? {
            let answer = try await client.ask(.PATCH, "/api/bots/alpha", body)
            #expect(answer.status == 200 && keys.allSatisfy { !answer.text.contains($0) })
            return client.store.registry.directory?.bots.values.first?.options
        }
        let rotating = try await options(#"{"aes_key":"\#(keys[0])","previous_aes_key":"\#(keys[1])"}"#)
        #expect(rotating?.aesKey == Secret(keys[0]) && rotating?.previousAESKey == Secret(keys[1]))
        let rotated = try await options(#"{"previous_aes_key":null}"#)
        #expect(rotated?.aesKey == Secret(keys[0]) && rotated?.previousAESKey == nil)
        #expect(try await client.ask(.PATCH, "/api/bots/alpha", #"{"previous_aes_key":"short"}"#).status == 400)
    }

    /// Both secrets hold until a rotation ends; a second rotation lets the oldest go only where that is asked for.
    @Test func rotation() async throws {
        let client = try await AdminClient()
        try await self.add(client)
        let old = try #require(client.store.registry.directory?.bots.values.first)
        let rotated = try await client.ask(.POST, "/api/bots/alpha/rotation", #"{"secret":"another secret"}"#)
        #expect(rotated.json["rotating"] as? Bool == true && !rotated.text.contains("another secret"))
        let directory = try #require(client.store.registry.directory)
        for secret in [old.secret, Secret("another secret")] {
            #expect(directory.bot(of: secret)?.channel == old.channel)
        }
        // Who is second may not know of the first, and would cut off a platform that has the oldest.
        let second = try await client.ask(.POST, "/api/bots/alpha/rotation", #"{"secret":"a third secret"}"#)
        #expect(second.status == 409 && second.json["reason"] as? String == "rotation_under_way")
        #expect(client.store.registry.directory?.bot(of: old.secret) != nil)
        #expect(client.store.registry.directory?.bot(of: Secret("a third secret")) == nil)
        let replaced = try await client.ask(
            .POST,
            "/api/bots/alpha/rotation",
            #"{"secret":"a third secret","replace":true}"#
        )
        #expect(replaced.status == 200 && client.store.registry.directory?.bot(of: old.secret) == nil)
        #expect(client.store.registry.directory?.bot(of: Secret("another secret")) != nil)
        #expect(try await client.ask(.DELETE, "/api/bots/alpha/rotation").json["rotating"] as? Bool == false)
        #expect(client.store.registry.directory?.bot(of: Secret("another secret")) == nil)
        #expect(try await client.ask(.DELETE, "/api/bots/alpha/rotation").status == 400)
        #expect(try await client.ask(.POST, "/api/bots/alpha/rotation", #"{"secret":"short"}"#).status == 400)
    }

    /// A token is said once; only its hash is kept, and revoking it takes it away.
    @Test func tokens() async throws {
        let client = try await AdminClient()
        try await self.add(client)
        let body = #"{"name":"home","scopes":["receive","replay"],"expires":"90d"}"#
        let made = try await client.ask(.POST, "/api/bots/alpha/tokens", body)
        let token = try #require(made.json["token"] as? String)
        #expect(made.status == 201)
        let known = try #require(client.store.registry.directory?.token(Secret(token)))
        #expect(known.token.scopes == [.receive, .replay] && known.token.expiry == AdminClient.now + 90 * 86_400_000)
        let shown = try await client.ask(.GET, "/api/bots/alpha")
        #expect(!shown.text.contains(token) && !shown.text.contains(known.token.hash.description.dropFirst(7)))
        for body in [
            #"{"name":"home"}"#, #"{"name":"x","scopes":[]}"#, #"{"name":"x","scopes":["all"]}"#, "{}",
            #"{"name":"x","expires":"soon"}"#, #"{"name":"a b"}"#, #"{"name":"x","scopes":"receive"}"#,
        ] {
            let status = try await client.ask(.POST, "/api/bots/alpha/tokens", body).status
            #expect(status == 400 || status == 409)
        }
        #expect(try await client.ask(.DELETE, "/api/bots/alpha/tokens/home").status == 204)
        #expect(client.store.registry.directory?.token(Secret(token)) == nil)
        #expect(try await client.ask(.DELETE, "/api/bots/alpha/tokens/home").status == 404)
        #expect(client.store.actions.last == BotAction(.revokeToken, by: "api:192.0.2.7", subject: "home"))
        #expect(!client.log.all.contains { $0.contains(token) })
    }

    /// What cannot be understood is refused by name, and never repeated: it may be a secret.
    @Test(
        arguments: [
            ("{", "JSON object"), ("[]", "JSON object"), ("{}", "\"name\" is missing"),
            (#"{"name":"a","platform":"icq","secret":"12345678"}"#, "\"platform\" must be one of qq"),
            (#"{"name":"a","platform":"qq","secret":"1234567"}"#, "has 7 bytes"),
            (#"{"name":"a\u0007b","platform":"qq","secret":"12345678"}"#, "\"name\" must be"),
            (#"{"name":"a","platform":"qq","secret":"12345678","secert":"x"}"#, "no member \"secert\""),
            (#"{"name":"a","platform":"qq","secret 12345678":"12345678"}"#, "no member of such a name"),
            (#"{"name":"a","name":"b","platform":"qq","secret":"12345678"}"#, "twice"),
            (#"{"name":"a","platform":"qq","secret":7654321}"#, "\"secret\" must be a string"),
            (#"{"name":"a","platform":"qq","secret":{"a":1}}"#, "\"secret\" must be a string"),
            (#"{"name":"a","platform":"qq","secret":"12345678","limits":{"requests":"many"}}"#, "\"limits.requests\""),
            (#"{"name":"a","platform":"qq","secret":"12345678","limits":{"burst":2}}"#, "\"limits.burst\""),
            (#"{"name":"a","platform":"qq","secret":"12345678","retention":{"age":"1y"}}"#, "\"retention.age\""),
            (#"{"name":"a","platform":"qq","secret":"12345678","origins":[1]}"#, "\"origins\""),
            (#"{"name":"a","platform":"qq","secret":"12345678\ud800"}"#, "\"secret\" has half of a surrogate pair"),
            (#"{"name":"a","platform":"qq","secret":"12345678\udc00\ud800"}"#, "\"secret\" has half"),
            (#"{"name":"a","platform":"qq","secret":"12345678","origins":["\ud83d"]}"#, "\"origins\" has half"),
        ]
    )
    func faults(body: String, sentence: String) async throws {
        let client = try await AdminClient()
        let answer = try await client.ask(.POST, "/api/bots", body)
        #expect(answer.status == 400)
        #expect((answer.json["detail"] as? String)?.contains(sentence) == true)
        #expect(!answer.text.contains("1234567") || sentence.contains("7 bytes"))
    }

    /// A secret is stored as it was sent, or not at all.
    @Test func exactSecrets() async throws {
        let client = try await AdminClient()
        let wrong = ByteBuffer(
            bytes: Array(#"{"name":"a","platform":"qq","secret":"12345678"#.utf8) + [0xDF] + Array(#""}"#.utf8)
        )
        let answer = try await client.ask(.POST, "/api/bots", wrong)
        #expect(answer.status == 400 && (answer.json["detail"] as? String)?.contains("UTF-8") == true)
        let right = #"{"name":"a","platform":"qq","secret":"\\ud800 \ud83d\ude00 \ufffd 密钥"}"#
        #expect(try await client.ask(.POST, "/api/bots", right).status == 201)
        #expect(try await client.store.bots().map(\.secret) == [Secret(#"\ud800 😀 "# + "\u{FFFD} 密钥")])
    }

    /// A body that is too large is told so, whether by this API or, beyond `--body-limit`, by the listener.
    @Test func largeBody() async throws {
        let client = try await AdminClient()
        let body = #"{"name":"a","platform":"qq","secret":"12345678"}"#
        let spaces = String(repeating: " ", count: (64 << 10) - body.utf8.count)
        #expect(try await client.ask(.POST, "/api/bots", body + spaces).status == 201)
        let answer = try await client.ask(.POST, "/api/bots", body + spaces + " ")
        #expect(answer.status == 413 && answer.json["reason"] as? String == "body_too_large")
    }

    /// A retention without members is none.
    @Test func emptyRetention() async throws {
        let client = try await AdminClient()
        try await self.add(client, more: #","retention":{}"#)
        #expect(try await client.ask(.GET, "/api/bots/alpha").json["retention"] == nil)
        _ = try await client.ask(.PATCH, "/api/bots/alpha", #"{"retention":{"count":5}}"#)
        let same = try await client.ask(.PATCH, "/api/bots/alpha", #"{"retention":{}}"#)
        #expect((same.json["retention"] as? [String: Any])?["count"] as? Int == 5)
        let changed = try await client.ask(.PATCH, "/api/bots/alpha", #"{"retention":{"count":null}}"#)
        #expect(changed.status == 200 && changed.json["retention"] == nil)
    }

    /// Two bots cannot have one secret, nor one app id.
    @Test func conflicts() async throws {
        let client = try await AdminClient()
        try await self.add(client, more: #","appid":"7""#)
        let same = #"{"name":"beta","platform":"qq","secret":"\#(Self.secret) alpha"}"#
        #expect(try await client.ask(.POST, "/api/bots", same).json["reason"] as? String == "conflict")
        let appID = #"{"name":"beta","platform":"qq","secret":"another one","appid":"7"}"#
        #expect(try await client.ask(.POST, "/api/bots", appID).json["reason"] as? String == "conflict")
        try await self.add(client, "beta")
        let changed = try await client.ask(.PATCH, "/api/bots/beta", #"{"appid":"7"}"#)
        #expect(changed.status == 409 && changed.json["reason"] as? String == "conflict")
    }

    /// Bots come in pages, by name.
    @Test func pages() async throws {
        let client = try await AdminClient()
        for name in ["delta", "alpha", "charlie", "bravo", "echo"] { try await self.add(client, name) }
        var names: [String] = []
        var next: String? = ""
        while let after = next {
            let page = try await client.ask(.GET, "/api/bots?limit=2&after=\(after)")
            names += (page.json["bots"] as? [[String: Any]] ?? []).compactMap { $0["name"] as? String }
            next = page.json["next"] as? String
        }
        #expect(names == ["alpha", "bravo", "charlie", "delta", "echo"])
    }

    /// A bot's status says what came, what its sockets have not had, and who is connected where.
    @Test func status() async throws {
        let client = try await AdminClient()
        try await self.add(client)
        let bot = try #require(client.store.registry.directory?.bots.values.first)
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        var positions: [Position] = []
        for number in 1...3 {
            let event = Event(
                platform: "qq",
                receivedAt: Int64(1_000 + number),
                body: ByteBuffer(string: "{}"),
                bodyIsUTF8: true
            )
            let publication = try await client.broker.publish(
                event,
                to: bot.channel,
                key: nil,
                retention: nil,
                on: loop
            ).future(
                on: loop
            ).get()
            if case .stored(let position, _) = publication { positions.append(position) }
        }
        try await client.broker.moveCursor(of: .anybody, on: bot.channel, to: positions[0], eventLoop: loop).get()
        let socket = SocketPresence(speech: .raw, since: 5, token: BotName("home"), offset: 1)
        client.presence.post(
            PresenceReport(node: "one", time: AdminClient.now - 1_000, sockets: [socket]),
            of: .random(),
            on: bot.channel,
            eventLoop: loop
        )
        client.presence.post(
            PresenceReport(node: "gone", time: AdminClient.now - PresenceReport.lifetime, sockets: [socket]),
            of: .random(),
            on: bot.channel,
            eventLoop: loop
        )
        let status = try #require(try await client.ask(.GET, "/api/bots/alpha").json["status"] as? [String: Any])
        #expect(status["events"] as? Int == 3 && status["last_event"] as? Int == 1_003 && status["lag"] as? Int == 2)
        #expect(status["sockets"] as? Int == 1)
        let nodes = try #require(status["nodes"] as? [[String: Any]])
        #expect(nodes.count == 1 && nodes[0]["node"] as? String == "one")
        let sockets = try #require(nodes[0]["sockets"] as? [[String: Any]])
        #expect(sockets[0]["token"] as? String == "home" && sockets[0]["protocol"] as? String == "raw")
    }

    /// Scripts that were written for the existing relays' panel go on working, and are told the token once.
    @Test func panel() async throws {
        let client = try await AdminClient()
        let path = "/admin/api?token=\(AdminClient.token.replacing(" ", with: "%20"))"
        func act(_ action: String, _ secret: String = "abcdefgh12345") async throws -> AdminClient.Answer {
            try await client.ask(.POST, path, #"{"action":"\#(action)","secret":"\#(secret)"}"#, token: nil)
        }
        #expect(try await act("is_secrets").json["status"] as? Bool == false)
        let made = try await act("create_secret")
        #expect(made.json["code"] as? Int == 200)
        let token = try #require(made.json["token"] as? String)
        #expect(client.store.registry.directory?.token(Secret(token))?.bot.needsToken == true)
        #expect(try await act("is_secrets").json["code"] as? Int == 200)
        #expect(try await act("create_secret").json["code"] as? Int == 201)
        #expect(try await act("create_secret", "short").json["status"] as? Bool == false)
        #expect(try await act("explode").json["status"] as? Bool == false)
        #expect(try await act("delete_secret").json["status"] as? Bool == true)
        #expect(try await act("delete_secret").json["status"] as? Bool == false)
        #expect(try await client.ask(.POST, "/admin/api?token=wrong", "{}", token: nil).status == 401)
    }

    /// The panel's scripts delete a secret: where it is the one before, the bot stays.
    @Test func panelDuringRotation() async throws {
        let client = try await AdminClient()
        try await self.add(client)
        let name = try #require(BotName("alpha"))
        func delete(_ secret: String) async throws -> Bool? {
            let body = #"{"action":"delete_secret","secret":"\#(secret)"}"#
            let path = "/admin/api?token=\(AdminClient.token.replacing(" ", with: "%20"))"
            return try await client.ask(.POST, path, body, token: nil).json["status"] as? Bool
        }
        _ = try await client.ask(.POST, "/api/bots/alpha/rotation", #"{"secret":"another secret"}"#)
        #expect(try await delete(Self.secret + " alpha") == true)
        let bot = try #require(client.store.registry.directory?.bot(named: name))
        #expect(bot.secret == Secret("another secret") && bot.previousSecret == nil)
        #expect(try await delete(Self.secret + " alpha") == false)
        // A node that knows the bot as it was: its secret is another by now.
        let former = try #require(client.store.registry.directory)
        _ = try await client.ask(.POST, "/api/bots/alpha/rotation", #"{"secret":"a third secret"}"#)
        client.store.registry.renew(former)
        #expect(try await delete("another secret") == false)
        #expect(try await client.store.bots().map(\.secret) == [Secret("a third secret")])
        client.store.registry.renew(BotDirectory(try await client.store.bots()))
        #expect(try await delete("a third secret") == true)
        #expect(try await client.store.bots().isEmpty)
        #expect(client.store.actions.map(\.kind) == [.add, .rotate, .endRotation, .rotate, .remove])
    }

    /// Which bot has a secret is told to the operator alone.
    @Test func lookup() async throws {
        let client = try await AdminClient()
        try await self.add(client)
        let body = #"{"secret":"\#(Self.secret) alpha"}"#
        #expect(try await client.ask(.POST, "/api/lookup", body).json["name"] as? String == "alpha")
        #expect(try await client.ask(.POST, "/api/lookup", #"{"secret":"nobody has this"}"#).status == 404)
        #expect(try await client.ask(.POST, "/api/lookup", body, token: nil).status == 401)
    }
}
