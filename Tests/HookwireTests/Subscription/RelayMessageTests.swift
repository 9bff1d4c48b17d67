// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Shared
import Testing

@testable import Hookwire

/// What comes on the socket is read exactly.
@Suite struct RelayMessageTests {
    /// The body is had byte for byte: with white space around it, nested as deep as may be, with text like a member in it.
    @Test(arguments: [
        #"{"a":1}"#, " {\"a\" : 1}\r\n ", "[]", "\"text\"", "12", #"{"x":",\"data\":1}"}"#,
        #"{"data":{"data":1},"data_base64":"x"}"#,
        String(repeating: "[", count: 128) + String(repeating: "]", count: 128),
    ])
    func body(text: String) {
        let event = Envelopes.event(
            1,
            more: #","text":",\"data\":"#.replacing("\\\"data\\\":", with: "x") + "\"",
            data: ",\"data\":" + text
        )
        #expect(String(buffer: event.body) == text)
    }

    /// What looks like the data in an attribute's text is not it.
    @Test func attributeLikeData() {
        let event = Envelopes.event(
            1,
            more: #","text":",\"data\":1}"}"#.dropLast().description,
            data: #","data":{"real":true}"#
        )
        #expect(String(buffer: event.body) == #"{"real":true}"#)
        #expect(event.text == #","data":1}"#)
    }

    /// Other bodies come in base64; an empty one is left out.
    @Test func otherBodies() {
        #expect(Envelopes.event(1, data: #","data_base64":"AP8K""#).body == ByteBuffer(bytes: [0, 255, 10]))
        #expect(Envelopes.event(1, data: "").body == ByteBuffer())
        #expect(ReceivedEvent(Envelopes.frame(1, data: #","data_base64":"?""#)) == nil)
    }

    /// Header fields keep their order, case and repeats.
    @Test func headers() {
        let more = #","headers":"[[\"B\",\"1\"],[\"a\",\"x\\\"y\"],[\"b\",\"2\"]]","query":"q=1","replytoken":"t""#
        let event = Envelopes.event(7, more: more)
        #expect(event.headers.map { "\($0.name)=\($0.value)" } == ["B=1", #"a=x"y"#, "b=2"])
        #expect(event.query == "q=1" && event.replyToken == "t" && event.position == Envelopes.position(7))
    }

    /// The relay's own words.
    @Test func notices() {
        func message(_ text: String) -> RelayMessage { RelayMessage(ByteBuffer(string: text)) }
        #expect(
            message(#"{"type":"hookwire.recovery","position":"1-2","head":"1-9","recovered":true}"#)
                == .recovery(.init(position: Envelopes.position(2), head: Envelopes.position(9), loss: nil, detail: ""))
        )
        #expect(
            message(#"{"type":"hookwire.recovery","position":"1-2","recovered":false,"reason":"trimmed","detail":"d"}"#)
                == .recovery(.init(position: Envelopes.position(2), head: nil, loss: "trimmed", detail: "d"))
        )
        #expect(
            message(#"{"type":"hookwire.reply_result","token":"t","outcome":"late","detail":"d"}"#)
                == .replyResult(.init(token: "t", outcome: "late", detail: "d"))
        )
        #expect(message(#"{"type":"hookwire.pong","position":"1-2"}"#) == .pong(Envelopes.position(2)))
        #expect(message(#"{"type":"hookwire.pong","position":"x"}"#) == .pong(nil))
        #expect(message(#"{"type":"hookwire.error","reason":"r","detail":"d"}"#) == .fault(reason: "r", detail: "d"))
        for text in [
            "", "{", "[]", "null", #"{"type":"hookwire.new"}"#, #"{"type":"T"}"#, #"{"type":"hookwire.recovery"}"#,
        ] {
            #expect(message(text) == .other)
        }
    }

    /// Whatever the bytes are, reading them ends.
    @Test func fuzz() {
        let frame = Array(
            Envelopes.frame(1, more: #","headers":"[[\"a\",\"b\"]]""#, data: #","data":{"a":[1]}"#).readableBytesView
        )
        let seed = UInt64.random(in: .min ... .max)
        var random = seed
        let end = NIODeadline.now() + .seconds(1)
        while NIODeadline.now() < end {
            var bytes = frame
            for _ in 0..<4 {
                random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                bytes[Int((random >> 33) % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random >> 20)
            }
            bytes.removeLast(Int((random >> 40) % 8) * Int((random >> 50) % 2))
            if case .event(let event) = RelayMessage(ByteBuffer(bytes: bytes)) {
                #expect(event.body.readableBytes <= bytes.count, "seed \(seed)")
            }
        }
    }

    /// What a subscription asks for, with everything encoded, and no secret.
    @Test func queries() throws {
        #expect(Subscription().query == "backlog=off")
        #expect(Subscription(start: .cursor, consumer: "forward").query == "consumer=forward&ack=1&backlog=new")
        #expect(Subscription(start: .after(Envelopes.position(3))).query == "after=1-3&backlog=off")
        let filter = try #require(Subscription.Filter("where=d.id:a b&c"))
        #expect(
            Subscription(start: .since("5m"), filters: [filter]).query == "since=5m&backlog=off&where=d.id%3Aa%20b%26c"
        )
        #expect(
            Subscription.Filter("consumer=x") == nil && Subscription.Filter("type=") == nil
                && Subscription.Filter("x") == nil
        )
    }
}
