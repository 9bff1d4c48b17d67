// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import Shared
import Testing

@testable import Egress

/// The endpoints without the platform behind them; the system tests have one.
@Suite struct QQRoutesTests {
    private static let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    private func answer(
        _ method: HTTPMethod,
        _ target: String,
        _ headers: HTTPHeaders = [:],
        body: String = "",
        broker: MemoryBroker = MemoryBroker(),
        configure: @escaping @Sendable (inout QQConfiguration) -> Void = { _ in }
    ) async throws -> (status: UInt, type: String?, body: String) {
        var headers = headers
        if !headers.contains(name: "Host") { headers.add(name: "Host", value: "relay.example:8081") }
        let head = HTTPRequestHead(version: .http1_1, method: method, uri: target, headers: headers)
        let request = try #require(HTTPRequest(head: head, body: ByteBuffer(string: body), remoteAddress: nil))
        let loop = Self.group.next()
        let response: HTTPResponse = try await loop.flatSubmit {
            var configuration = EgressConfiguration()
            configuration.qq.upstream = .none
            configure(&configuration.qq)
            let egress = Egress(
                configuration: configuration,
                broker: broker,
                state: NodeState(),
                group: Self.group,
                logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
            )
            var router = Router()
            egress.addRoutes(to: &router, on: loop)
            return Self.resolve(router.respond(to: request), on: loop)
        }.get()
        let type = response.headers.first { $0.name == "Content-Type" }?.value
        return (response.status.code, type, String(buffer: response.body))
    }

    private static func resolve(_ reply: HTTPReply, on loop: any EventLoop) -> EventLoopFuture<HTTPResponse> {
        switch reply {
        case .response(let response): loop.makeSucceededFuture(response)
        case .eventually(let future), .promptly(let future), .awaited(let future, _):
            future.flatMap { Self.resolve($0, on: loop) }
        case .stream, .upgrade: loop.makeFailedFuture(ChannelError.operationUnsupported)
        }
    }

    /// A token of our own: `expires_in` is a string (botpy), the type exactly `application/json`; it opens `/users/@me`.
    @Test(arguments: ["QQBot ", "Bearer ", ""])
    func token(scheme: String) async throws {
        let broker = MemoryBroker()
        let answer = try await self.answer(
            .POST,
            "/qq/app/getAppAccessToken",
            body: #"{"appId":"1","clientSecret":"s"}"#,
            broker: broker
        )
        #expect(answer.status == 200 && answer.type == "application/json")
        let match = try #require(answer.body.wholeMatch(of: /\{"access_token":"([0-9a-f]{64})","expires_in":"180"\}/))
        let user = try await self.answer(
            .GET,
            "/qq/users/@me",
            ["Authorization": scheme + match.1],
            broker: broker
        )
        #expect(user.status == 200 && user.type == "application/json")
        // botpy reads the id as a number.
        #expect(user.body.wholeMatch(of: /\{"id":"[0-9]+","username":"[^"]+","bot":true\}/) != nil)
        // An SDK that keeps a token which nobody knows any more is told so where it asks for another one.
        for (token, status) in [(match.1, 200), ("x", 401)] as [(Substring, UInt)] {
            let headers: HTTPHeaders = ["Authorization": scheme + token]
            #expect(try await self.answer(.GET, "/qq/gateway/bot", headers, broker: broker).status == status)
            #expect(try await self.answer(.GET, "/qq/secret/s/gateway", headers, broker: broker).status == 200)
        }
        let bySecret = try await self.answer(.GET, "/qq/secret/s/users/@me", broker: broker)
        #expect(bySecret.body == user.body)
    }

    /// What asks for no token gets none, and an unknown token opens nothing.
    @Test func refusals() async throws {
        for body in ["", "[]", "{}", #"{"appId":"1","clientSecret":""}"#, #"{"clientSecret":"s"}"#] {
            #expect(try await self.answer(.POST, "/qq/app/getAppAccessToken", body: body).status == 400)
        }
        let stranger = try await self.answer(.GET, "/qq/users/@me", ["Authorization": "QQBot x"])
        #expect(stranger.status == 401 && stranger.type == "application/problem+json")
        #expect(try await self.answer(.GET, "/qq/users/@me").status == 401)
        #expect(try await self.answer(.POST, "/qq/v2/users/a/messages").status == 501)
        #expect(try await self.answer(.GET, "/qq/ws").status == 426)
        #expect(try await self.answer(.GET, "/qq/ws/").status == 401)
        #expect(try await self.answer(.GET, "/qq/secret//gateway").status == 401)
    }

    /// What an SDK puts together with a slash too many is the relay's all the same.
    @Test(arguments: [
        "/qq//gateway", "/qq/gateway/", "/qq///gateway//", "/qq//secret/s/gateway", "/qq/secret/s//gateway/",
        "/qq/secret/s/gateway//bot",
    ])
    func slashes(path: String) async throws {
        let answer = try await self.answer(.GET, path)
        #expect(answer.status == 200 && answer.body.hasPrefix(#"{"url":"ws://relay.example:8081/qq/ws"#))
    }

    /// The address of a socket, in which a secret stands, is no path of the platform's, whatever the method is.
    @Test(arguments: [HTTPMethod.GET, .HEAD, .POST, .OPTIONS, .DELETE])
    func sockets(method: HTTPMethod) async throws {
        for path in ["/qq/ws", "/qq/ws/s", "/qq//ws/s", "/qq/secret/s/ws", "/qq/ws/s/"] {
            #expect(try await self.answer(method, path).status == 426, "\(method) \(path)")
        }
    }

    /// However a path is spelt in which a secret stands, it goes no further than here.
    @Test(arguments: [
        "/qq/%77s/S", "/qq/ws%2FS", "/qq/./ws/S", "/qq/x/../ws/S", "/qq/secret%2FS/gateway", "/qq/secret/a/secret/S/x",
        "/qq/ws%2FS%", "/qq/%zz/../%77s/S", "/qq//./secret/S/x",
    ])
    func spellings(path: String) async throws {
        let answer = try await self.answer(.GET, path)
        #expect(path.contains("..") ? answer.status >= 400 : answer.status == 401)
    }

    /// The gateway's URL is the one at which this very client reaches the relay: its Host, and what a proxy says of TLS.
    @Test(arguments: [
        ([:] as [String: String], "ws://relay.example:8081/qq/ws"),
        (["X-Forwarded-Proto": "https"], "wss://relay.example:8081/qq/ws"),
        (["X-Forwarded-Proto": "https, http", "Host": "bots.example"], "wss://bots.example/qq/ws"),
        (["X-Forwarded-Proto": "http"], "ws://relay.example:8081/qq/ws"), (["Host": "[::1]:80"], "ws://[::1]:80/qq/ws"),
    ])
    func address(headers: [String: String], url: String) async throws {
        let fields = HTTPHeaders(headers.map { ($0.key, $0.value) })
        let plain = try await self.answer(.GET, "/qq/gateway", fields)
        #expect(plain.type == "application/json")
        #expect(plain.body == #"{"url":"\#(url)"}"#)
        let bot = try await self.answer(.GET, "/qq/gateway/bot", fields)
        #expect(bot.type == "application/json")
        // HEAD is answered as GET is; the connection leaves the body out.
        #expect(try await self.answer(.HEAD, "/qq/gateway", fields).status == 200)
        let limit = #"{"total":1000,"remaining":1000,"reset_after":86400000,"max_concurrency":1}"#
        #expect(bot.body == #"{"url":"\#(url)","shards":1,"session_start_limit":\#(limit)}"#)
    }

    /// A configured address goes before what the request says; a secret in the path goes on into the URL; a Host that is
    /// none is refused.
    @Test func publicAddress() async throws {
        let configured = try await self.answer(.GET, "/qq/gateway", ["X-Forwarded-Proto": "http"]) {
            $0.publicURL = "https://relay.example.com/bots"
        }
        #expect(configured.body == #"{"url":"wss://relay.example.com/bots/qq/ws"}"#)
        let secret = try await self.answer(.GET, "/qq/secret/a%2Fb%20c/gateway") { $0.servesTLS = true }
        #expect(secret.body == #"{"url":"wss://relay.example:8081/qq/ws/a%2Fb%20c"}"#)
        for host in ["a/b", "a b", "a\"", "u@h", ""] {
            #expect(try await self.answer(.GET, "/qq/gateway", ["Host": host]).status == 400)
        }
    }

    /// Fields about one connection stay on it, also those that only `Connection` names; everything else goes on in order.
    @Test func hopByHop() {
        let headers: HTTPHeaders = [
            "Host": "a", "Authorization": "QQBot T", "Connection": "close, X-Private", "x-private": "1",
            "Keep-Alive": "1", "TE": "trailers", "Transfer-Encoding": "chunked", "Upgrade": "h2c",
            "Content-Length": "3",
            "X-Forwarded-For": "1.2.3.4", "X-Union-Appid": "9", "Accept": "a", "accept": "b", "Expect": "100-continue",
            "Proxy-Authorization": "x",
        ]
        let request = PassedFields.request(headers).map { "\($0.name): \($0.value)" }
        #expect(request == ["Authorization: QQBot T", "X-Union-Appid: 9", "Accept: a", "accept: b"])
        let answer: HTTPHeaders = [
            "Content-Type": "application/json", "Content-Length": "3", "Date": "x", "Connection": "keep-alive",
            "Link": "a", "link": "b", "X-Tps-trace-Id": "1",
        ]
        let response = PassedFields.response(answer).map { "\($0.name): \($0.value)" }
        #expect(
            response == [
                "Content-Type: application/json", "Link: a", "link: b", "X-Tps-trace-Id: 1",
                "Content-Security-Policy: sandbox", "X-Content-Type-Options: nosniff",
            ]
        )
    }

    /// What the platform says of its own origin is not said of this relay's.
    @Test func originWide() {
        let answer: HTTPHeaders = [
            "Alt-Svc": "h3=\":443\"", "Strict-Transport-Security": "max-age=1", "Set-Cookie": "a=b", "SET-COOKIE": "c",
            "Clear-Site-Data": "*", "Service-Worker-Allowed": "/", "NEL": "{}", "x-content-type-options": "sniff",
            "Content-Security-Policy": "default-src *", "content-security-policy-report-only": "sandbox",
        ]
        #expect(
            PassedFields.response(answer).map { "\($0.name): \($0.value)" }
                == ["Content-Security-Policy: sandbox", "X-Content-Type-Options: nosniff"]
        )
    }

    /// `expires_in` is read as a string and as a number, and bounded; an answer without a token is none.
    @Test(arguments: [
        (#"{"access_token":"T","expires_in":"7200"}"#, 7_200_000 as Int64?),
        (#"{"access_token":"T","expires_in":60}"#, 60_000),
        (#"{"access_token":"T","expires_in":"x"}"#, 7_200_000), (#"{"access_token":"T"}"#, 7_200_000),
        (#"{"access_token":"T","expires_in":99999999999}"#, TokenLifetime.longestMilliseconds),
        (#"{"access_token":"T","expires_in":-5}"#, 1_000), (#"{"code":100016}"#, nil), (#"[]"#, nil),
        (#"{"access_token":""}"#, nil), (#"{"access_token":7}"#, nil),
    ])
    func tokenAnswers(answer: String, lifetime: Int64?) {
        #expect(QQTokenExchange.token(in: ByteBuffer(string: answer))?.lifetimeMilliseconds == lifetime)
    }
}
