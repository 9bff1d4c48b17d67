// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Shared
import Testing

@testable import Egress

/// What a socket's filter lets through.
@Suite struct EventFilterTests {
    private static func event(type: String?, _ body: String) -> Event {
        Event(platform: "qq", type: type, receivedAt: 0, body: ByteBuffer(string: body), bodyIsUTF8: true)
    }

    private static func filter(_ query: String) throws -> EventFilter? {
        try StreamRequest(query: QueryParameters(encoded: query[...]), hasBacklog: true).filter
    }

    private static let group = Self.event(
        type: "GROUP_AT_MESSAGE_CREATE",
        #"{"op":0,"d":{"group_openid":"G1","author":{"id":"a:b","bot":false},"n":1.50,"list":[1],"none":null}}"#
    )

    /// One of the types, and every condition.
    @Test(arguments: [
        ("type=GROUP_AT_MESSAGE_CREATE", true), ("type=C2C_MESSAGE_CREATE", false),
        ("type=C2C_MESSAGE_CREATE&type=GROUP_AT_MESSAGE_CREATE", true),
        ("group_openid=G1", true), ("group_openid=G2", false), ("user_openid=G1", false),
        ("where=d.author.id:a:b", true), ("where=d.author.id:a", false), ("where=d.author.id:", false),
        ("where=d.author.bot:false", true), ("where=d.author.bot:true", false),
        ("where=d.n:1.50", true), ("where=d.n:1.5", false), ("where=d.none:null", true),
        ("where=d.list:[1]", false), ("where=d.author:x", false), ("where=d.author.id.x:a", false),
        ("where=op:0&where=d.group_openid:G1", true), ("where=op:0&where=d.group_openid:G2", false),
        ("type=GROUP_AT_MESSAGE_CREATE&group_openid=G2", false),
    ])
    func admits(query: String, isAdmitted: Bool) throws {
        #expect(try #require(try Self.filter(query)).admits(Self.group) == isAdmitted)
    }

    /// What is no JSON object, and what has no type, passes no condition that asks for one.
    @Test(arguments: ["", "[]", "hello", "{", #"{"d":{"group_openid":"G1","group_openid":"G1"}}"#])
    func otherBodies(body: String) throws {
        #expect(try !#require(try Self.filter("group_openid=G1")).admits(Self.event(type: nil, body)))
        #expect(try !#require(try Self.filter("type=A")).admits(Self.event(type: nil, body)))
    }

    /// A query without conditions filters nothing.
    @Test func none() throws {
        #expect(try Self.filter("secret=s&backlog=on") == nil)
    }
}
