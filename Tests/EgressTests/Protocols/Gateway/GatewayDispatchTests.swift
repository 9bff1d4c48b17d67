// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Shared
import Testing

@testable import Egress

@Suite struct GatewayDispatchTests {
    private func dispatch(_ body: String, offset: UInt64 = 6) -> GatewayDispatch? {
        GatewayDispatch(.sample(offset, body))
    }

    private func event(_ type: String, _ data: String = "{}") -> String {
        #"{"op":0,"id":"e","d":\#(data),"t":"\#(type)"}"#
    }

    /// A dispatch has `s`, one more than the offset, `t`, `id`, and `d` byte for byte; an `s` of the platform's own goes.
    @Test func frame() throws {
        let body =
            #" {"op": 0, "id":"C2C:\u00e9", "d" : {"content" : "哦\n", "n": 1.0e3 } ,"t":"C2C_MESSAGE_CREATE","s":9} "#
        let dispatch = try #require(self.dispatch(body))
        #expect(
            try GatewayScript.text(dispatch.frame)
                == #"{"op":0,"s":7,"t":"C2C_MESSAGE_CREATE","id":"C2C:\u00e9","d":{"content" : "哦\n", "n": 1.0e3 }}"#
        )
        let bare = try #require(self.dispatch(#"{"op":0,"t":"X"}"#))
        #expect(try GatewayScript.text(bare.frame) == #"{"op":0,"s":7,"t":"X","d":{}}"#)
    }

    /// What only a session says of itself no event says in its place.
    @Test func noWordsOfTheSession() {
        #expect(self.dispatch(self.event("READY", #"{"session_id":"s"}"#)) == nil)
        #expect(self.dispatch(self.event("RESUMED", #""""#)) == nil)
        #expect(self.dispatch(self.event("READY_TO_PLAY")) != nil)
    }

    /// Large events have frames of the right length.
    @Test(arguments: [60, 125, 126, 1_000, 65_535, 70_000])
    func sizes(size: Int) throws {
        let text = String(repeating: "x", count: size)
        let dispatch = try #require(self.dispatch(self.event("T", "\"\(text)\"")))
        #expect(try GatewayScript.text(dispatch.frame) == #"{"op":0,"s":7,"t":"T","id":"e","d":"\#(text)"}"#)
    }

    /// What is no dispatch of QQ's is left out rather than handed to an SDK.
    @Test(arguments: [
        "", "hello", "[]", "{}", #"{"op":13,"d":{}}"#, #"{"op":0}"#, #"{"op":0,"t":7}"#, #"{"op":0,"t":""}"#,
    ])
    func others(body: String) {
        #expect(self.dispatch(body) == nil)
    }

    /// An event that is no UTF-8 arrives as text nevertheless, what is wrong replaced.
    @Test func brokenUTF8() throws {
        var body = ByteBuffer(string: #"{"op":0,"t":"T","d":""#)
        body.writeBytes([0xFF])
        body.writeString(#""}"#)
        let event = Event(platform: "qq", receivedAt: 0, body: body, bodyIsUTF8: false)
        let dispatch = try #require(GatewayDispatch(LogEntry(position: .sample(1), event: event)))
        #expect(try GatewayScript.text(dispatch.frame) == #"{"op":0,"s":2,"t":"T","d":"\#u{FFFD}"}"#)
    }

    /// Intents filter by the platform's map, each type by its own bit and no other.
    @Test(arguments: [
        ("GUILD_CREATE", 0), ("GUILD_MEMBER_ADD", 1), ("MESSAGE_CREATE", 9), ("MESSAGE_REACTION_ADD", 10),
        ("DIRECT_MESSAGE_CREATE", 12), ("OPEN_FORUM_POST_CREATE", 18), ("AUDIO_OR_LIVE_CHANNEL_MEMBER_ENTER", 19),
        ("GROUP_MEMBER_ADD", 24), ("GROUP_JOIN_REQUEST", 24), ("C2C_MESSAGE_CREATE", 25),
        ("GROUP_AT_MESSAGE_CREATE", 25), ("FRIEND_ADD", 25), ("SUBSCRIBE_MESSAGE_STATUS", 25),
        ("INTERACTION_CREATE", 26), ("MESSAGE_AUDIT_PASS", 27), ("FORUM_THREAD_CREATE", 28), ("AUDIO_START", 29),
        ("AT_MESSAGE_CREATE", 30), ("PUBLIC_MESSAGE_DELETE", 30),
    ])
    func intents(type: String, bit: UInt32) throws {
        let dispatch = try #require(self.dispatch(self.event(type)))
        for shift in UInt32(0)..<32 {
            let filter = GatewayFilter(intents: GatewayIntents(rawValue: 1 << shift), shard: .only)
            #expect(filter.admits(dispatch) == (shift == bit), "bit \(shift)")
        }
    }

    /// A type that no intent names always passes.
    @Test func unknownTypes() throws {
        let dispatch = try #require(self.dispatch(self.event("SOMETHING_NEW")))
        #expect(GatewayFilter(intents: [], shard: .only).admits(dispatch))
    }

    /// A guild's events go to shard `(guild_id >> 22) % num_shards`, and to no other; what has no guild goes to shard 0.
    @Test(arguments: [
        (#"{"guild_id":"12345678901234567"}"#, "X", 12_345_678_901_234_567 as UInt64?),
        (#"{"id":"12345678901234567"}"#, "GUILD_CREATE", 12_345_678_901_234_567),
        (#"{"id":"12345678901234567"}"#, "C2C_MESSAGE_CREATE", nil), (#"{"guild_id":"none"}"#, "X", nil),
        (#"{"guild_id":"18446744073709551615"}"#, "X", .max), (#"[]"#, "X", nil),
    ])
    func shards(data: String, type: String, guild: UInt64?) throws {
        let dispatch = try #require(self.dispatch(self.event(type, data)))
        #expect(dispatch.guild == guild)
        let counts: [UInt16] = [1, 2, 3, 7]
        for count in counts {
            let takers = (0..<count).filter { GatewayShard(index: $0, count: count).admits(guild: dispatch.guild) }
            #expect(takers == [UInt16((guild ?? 0) >> 22 % UInt64(count))])
        }
    }

    /// A round goes out with what the filter lets through; sessions of one filter share the bytes.
    @Test func rounds() throws {
        let entries = [
            LogEntry.sample(1, self.event("C2C_MESSAGE_CREATE")), .sample(2, "no dispatch"),
            .sample(3, self.event("GUILD_CREATE")), .sample(4, self.event("FRIEND_ADD")),
        ]
        let round = GatewayRound(entries[...])
        let filter = GatewayFilter(intents: .groupAndC2C, shard: .only)
        let (frames, count) = round.frames(for: filter)
        let texts = try ServerFrame.read(Array(frames.readableBytesView)).map(\.text)
        #expect(count == 2 && texts.count == 2)
        #expect(texts[0].contains(#""s":2,"#) && texts[1].contains(#""s":5,"#))
        #expect(round.frames(for: filter, after: 1).count == 1)
        #expect(round.frames(for: GatewayFilter(intents: [], shard: .only)).count == 0)
    }
}
