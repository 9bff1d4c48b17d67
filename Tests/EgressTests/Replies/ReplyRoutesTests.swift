// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import BrokerConformance
import Foundation
import Logging
import NIOCore
import NIOEmbedded
import NIOHTTP1
import Shared
import Testing

@testable import Egress

/// `POST /reply/{token}`.
@Suite struct ReplyRoutesTests {
    private let loop = EmbeddedEventLoop()
    private let broker = MemoryBroker()

    private func post(
        _ path: String,
        _ body: ByteBuffer,
        contentType: String? = "application/json",
        to broker: (any Broker)? = nil
    ) throws -> (status: UInt, type: String?, members: [String: Any]) {
        let head = HTTPRequestHead(
            version: .http1_1,
            method: .POST,
            uri: path,
            headers: contentType.map { ["Content-Type": $0] } ?? [:]
        )
        let request = try #require(HTTPRequest(head: head, body: body, remoteAddress: nil))
        var router = Router()
        let routes = ReplyRoutes(broker: broker ?? self.broker, metrics: ReplyMetrics(), eventLoop: self.loop)
        routes.addRoutes(to: &router)
        let response = try Self.resolve(router.respond(to: request))
        let members = try JSONSerialization.jsonObject(with: Data(response.body.readableBytesView))
        let type = response.headers.first { $0.name == "Content-Type" }?.value
        return (response.status.code, type, try #require(members as? [String: Any]))
    }

    private func post(
        _ token: ReplyToken,
        _ body: String,
        contentType: String? = "application/json"
    ) throws -> (status: UInt, type: String?, members: [String: Any]) {
        try self.post("/reply/\(token)", ByteBuffer(string: body), contentType: contentType)
    }

    private static func resolve(_ reply: HTTPReply) throws -> HTTPResponse {
        switch reply {
        case .response(let response): return response
        case .eventually(let future), .promptly(let future), .awaited(let future, _):
            return try Self.resolve(future.wait())
        case .stream, .upgrade: throw ChannelError.operationUnsupported
        }
    }

    /// Every outcome has its status; whatever is not accepted is a problem with the outcome as its reason.
    @Test(
        arguments: [
            (.accepted, 200), (.second, 409), (.late, 410), (.unknown, 404), (.unfit, 422),
        ] as [(ReplyOutcome, UInt)]
    )
    func outcomes(outcome: ReplyOutcome, status: UInt) throws {
        let inbox = try SampleInbox(self.broker, outcome: outcome, loop: self.loop)
        let offer = inbox.offer()
        let answer = try self.post(offer.token, #"{"text":"hi"}"#)
        #expect(answer.status == status)
        #expect(inbox.replies == [.text("hi")] && inbox.tokens == [offer.token])
        if outcome == .accepted {
            #expect(answer.type == "application/json" && answer.members["outcome"] as? String == "accepted")
        } else {
            #expect(answer.type == "application/problem+json")
            #expect(answer.members["reason"] as? String == outcome.rawValue)
        }
    }

    /// JSON is what bots send on the socket; any other type is the response itself.
    @Test func forms() throws {
        let inbox = try SampleInbox(self.broker, loop: self.loop)
        let token = inbox.offer().token
        #expect(try self.post(token, #"{"status":201,"headers":[["a","b"]],"body":"x"}"#).status == 200)
        #expect(try self.post(token, "<xml/>", contentType: "text/xml; charset=utf-8").status == 200)
        #expect(try self.post(token, #"{"a":1}"#, contentType: "application/vnd.x+json").status == 200)
        let bytes = ByteBuffer(bytes: [0xFF, 0x00])
        #expect(try self.post("/reply/\(token)", bytes, contentType: "a/b").status == 200)
        func response(_ status: Int, _ fields: [(String, String)], _ body: ByteBuffer) -> Reply {
            .response(.init(status: status, headers: fields.map { .init(name: $0.0, value: $0.1) }, body: body))
        }
        let plain = ("Content-Type", "text/plain; charset=utf-8")
        #expect(
            inbox.replies == [
                response(201, [("a", "b"), plain], ByteBuffer(string: "x")),
                response(200, [("Content-Type", "text/xml; charset=utf-8")], ByteBuffer(string: "<xml/>")),
                response(200, [("Content-Type", "application/vnd.x+json")], ByteBuffer(string: #"{"a":1}"#)),
                response(200, [("Content-Type", "a/b")], bytes),
            ]
        )
    }

    /// What is no reply is told so, and reaches nobody.
    @Test func refusals() throws {
        let inbox = try SampleInbox(self.broker, loop: self.loop)
        let token = inbox.offer().token
        let refused: [(String, String?, UInt, String)] = [
            ("", "application/json", 400, "malformed_json"), ("[]", "application/json", 400, "malformed_json"),
            (#"{"text":"a"} x"#, "application/json", 400, "malformed_json"),
            ("{}", "application/json", 422, "empty_reply"), (#"{"text":1}"#, "application/json", 422, "bad_text"),
            (#"{"status":99}"#, "application/json", 422, "bad_status"),
            (#"{"text":"a"}"#, nil, 415, "no_media_type"), ("a", "nonsense", 415, "no_media_type"),
            (#"{"text":"a"}"#, "application/x-www-form-urlencoded", 415, "no_media_type"),
            (String(repeating: "a", count: ReplyLimits.bodyBytes + 1), "text/plain", 422, "unfit"),
            (#"{"headers":[["a b","c"]]}"#, "application/json", 422, "unfit"),
        ]
        for (body, type, status, reason) in refused {
            let answer = try self.post(token, body, contentType: type)
            #expect(answer.status == status && answer.members["reason"] as? String == reason, "\(body.prefix(40))")
        }
        #expect(inbox.replies == [])
    }

    /// A token that is none is as unknown as one that nobody gave.
    @Test(arguments: ["x", "%2F", String(repeating: "0", count: 48), String(repeating: "Z", count: 48)])
    func unknownTokens(token: String) throws {
        let answer = try self.post("/reply/\(token)", ByteBuffer(string: #"{"text":"hi"}"#))
        #expect(answer.status == 404 && answer.members["reason"] as? String == "unknown")
    }

    /// Without its store a node says that it cannot, and that trying again may help.
    @Test func withoutStore() throws {
        let token = ReplyToken.random(node: .random())
        let body = ByteBuffer(string: #"{"text":"hi"}"#)
        let answer = try self.post("/reply/\(token)", body, to: RefusingBroker(.unavailable))
        #expect(answer.status == 503 && answer.members["reason"] as? String == "unavailable")
    }
}
