// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1
import Shared
import Testing

@testable import Egress

/// What a client's query asks for, and what is refused in it.
@Suite struct StreamRequestTests {
    private static func request(_ query: String, hasBacklog: Bool = true) throws -> StreamRequest {
        try StreamRequest(query: QueryParameters(encoded: query[...]), hasBacklog: hasBacklog)
    }

    /// Where the stream begins.
    @Test func starts() throws {
        let position = try #require(Position("9f2c61d07a55e013-42"))
        #expect(try Self.request("").start == .cursor)
        #expect(try Self.request("", hasBacklog: false).start == .live)
        #expect(try Self.request("backlog=on", hasBacklog: false).start == .cursor)
        #expect(try Self.request("backlog=off").start == .live)
        #expect(try Self.request("backlog=new&consumer=a").start == .cursorBehindOthers)
        #expect(try Self.request("backlog=new&group=a").start == .cursor)
        #expect(try Self.request("after=9f2c61d07a55e013-42").start == .after(position))
        #expect(try Self.request("after=").start == .cursor)
        #expect(try Self.request("since=5m").start == .since(300_000))
        #expect(try Self.request("consumer=a", hasBacklog: false).start == .cursor)
        #expect(try Self.request("consumer=a&backlog=off").start == .live)
    }

    /// Whose cursor moves: nobody's for a socket that only looks on.
    @Test func consumers() throws {
        #expect(try Self.request("").consumer == .anybody)
        #expect(try Self.request("since=5m").consumer == .anybody)
        #expect(try Self.request("backlog=off").consumer == nil)
        #expect(try Self.request("consumer=my.bot_2-x").consumer == ConsumerName("my.bot_2-x"))
        #expect(try Self.request("consumer=a&backlog=off").consumer == ConsumerName("a"))
    }

    /// Whose word moves the cursor: the client's where it says so.
    @Test func acknowledgements() throws {
        #expect(try Self.request("consumer=a&ack=1").acknowledges)
        #expect(try !Self.request("consumer=a").acknowledges)
    }

    /// How a member of a group takes its events.
    @Test func groups() throws {
        let name = try #require(ConsumerName("workers"))
        #expect(
            try Self.request("group=workers").group
                == .init(name: name, visibility: .seconds(30), attempts: 5, prefetch: 32)
        )
        #expect(
            try Self.request("group=workers&visibility=2m&attempts=3&prefetch=7").group
                == .init(name: name, visibility: .minutes(2), attempts: 3, prefetch: 7)
        )
    }

    /// What is wrong is told by its name, with a sentence that says how it is right.
    @Test(arguments: [
        ("after=x", SocketRefusal.badPosition), ("since=", .badSince), ("since=5", .badSince), ("since=0s", .badSince),
        ("since=400d", .badSince), ("backlog=maybe", .badBacklog), ("rate=0", .badRate), ("rate=x", .badRate),
        ("rate=100001", .badRate), ("consumer=", .badConsumer), ("consumer=a%20b", .badConsumer),
        ("group=%C3%A4", .badConsumer), ("group=g&consumer=c", .conflictingConsumers),
        ("after=9f2c61d07a55e013-42&since=5m", .conflictingStarts), ("group=g&visibility=1ms", .badVisibility),
        ("group=g&attempts=0", .badAttempts),
        ("consumer=%FF", .badConsumer), ("group=%FF", .badConsumer), ("rate=%FF", .badRate),
        ("group=g&prefetch=1001", .badPrefetch), ("group=g&since=5m", .groupSince), ("type=", .badFilter),
        ("where=x", .badFilter), ("where=:x", .badFilter),
        ("reply=true", .badReply), ("reply=", .badReply), ("reply=%FF", .badReply),
        ("ack=1", .badAck), ("consumer=a&ack=0", .badAck), ("consumer=a&ack=%FF", .badAck), ("group=g&ack=1", .badAck),
        ("where=a..b:x", .badFilter), ("group_openid=", .badFilter), ("where=%FF", .badFilter),
    ])
    func refusals(query: String, refusal: SocketRefusal) {
        #expect(throws: refusal) { try Self.request(query) }
        #expect(refusal.problem.response.status == .badRequest)
    }

    /// Filters are bounded.
    @Test func bounds() throws {
        #expect(throws: SocketRefusal.badFilter) {
            try Self.request(
                Array(repeating: "where=a:b", count: EventFilter.conditionLimit + 1).joined(separator: "&")
            )
        }
        #expect(throws: SocketRefusal.badFilter) {
            try Self.request((0...EventFilter.typeLimit).map { "type=\($0)" }.joined(separator: "&"))
        }
        let deep = Array(repeating: "a", count: 17).joined(separator: ".")
        #expect(throws: SocketRefusal.badFilter) { try Self.request("where=\(deep):x") }
        let long = String(repeating: "c", count: 65)
        #expect(throws: SocketRefusal.badConsumer) { try Self.request("consumer=\(long)") }
    }
}
