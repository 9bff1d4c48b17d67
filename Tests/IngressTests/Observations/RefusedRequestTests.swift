// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1
import Shared
import Testing

@testable import Ingress

@Suite struct RefusedRequestTests {
    private func observation(_ target: String, _ headers: HTTPHeaders, body: ByteBuffer = ByteBuffer()) throws -> String
    {
        let head = HTTPRequestHead(version: .http1_1, method: .POST, uri: target, headers: headers)
        let request = try #require(HTTPRequest(head: head, body: body, remoteAddress: nil))
        let problem = Problem(.unauthorized, reason: GenericRejection.wrongSignature, detail: "It is wrong.")
        let refused = RefusedRequest(request: request, platform: "generic", problem: problem, time: 5)
        return String(buffer: refused.observation.json)
    }

    /// What is a credential is not told, wherever it stands; the rest is, in order and with repeats.
    @Test func credentialsAreNotTold() throws {
        let json = try self.observation(
            "/webhook/generic?a=1&secret=SECRET&token=SECRET&hub.verify_token=SECRET&scheme=bearer&header=X-Key&b=2",
            [
                "A": "1", "Authorization": "Bearer SECRET", "cookie": "SECRET", "Proxy-Authorization": "SECRET",
                "x-key": "SECRET", "X-Envoy-Original-Path": "/?secret=SECRET", "Referer": "/?r=%3Ftoken%3DSECRET",
                "a": "2",
            ]
        )
        #expect(!json.contains("SECRET"))
        #expect(json.contains(#""headers":[["A","1"],["a","2"]]"#))
        #expect(json.contains("a=1") && json.contains("b=2"))
        #expect(json.contains(#""reason":"wrong_signature""#) && json.contains(#""status":401"#))
    }

    /// However large a request is, what is told of it is within the limit of an observation, and one line.
    @Test func isBounded() throws {
        var headers = HTTPHeaders()
        for number in 0..<200 { headers.add(name: "x-\(number)", value: String(repeating: "\u{1}", count: 400)) }
        let query = String(repeating: "a", count: 30_000)
        let json = try self.observation("/?\(query)", headers, body: ByteBuffer(repeating: 10, count: 1 << 20))
        #expect(json.utf8.count <= Observation.limit)
        #expect(!json.contains("\n") && json.contains(#""truncated":true"#) && json.contains(#""size":1048576"#))
    }

    /// The channel is that of the secret in the URL, or else of the bearer token; who names none is told to nobody.
    @Test func channels() throws {
        func channel(_ target: String, _ headers: HTTPHeaders = [:]) throws -> ChannelID? {
            let head = HTTPRequestHead(version: .http1_1, method: .POST, uri: target, headers: headers)
            return RefusedRequest.channel(
                of: try #require(HTTPRequest(head: head, body: ByteBuffer(), remoteAddress: nil))
            )
        }
        #expect(try channel("/webhook?secret=a") == ChannelID(secret: Secret("a")))
        #expect(try channel("/webhook", ["Authorization": "Bearer a"]) == ChannelID(secret: Secret("a")))
        #expect(try channel("/webhook") == nil)
        #expect(try channel("/webhook?secret=") == nil)
    }
}
