// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOCore
import NIOHTTP1
import SeededRandom
import Shared
import Testing

@testable import Egress

/// An event as a CloudEvent.
@Suite struct EnvelopeTests {
    /// Everything that is known of an event, in its place and its order.
    @Test func wholeText() {
        let event = Event(
            platform: "qq",
            id: "E:1",
            type: "C2C_MESSAGE_CREATE",
            receivedAt: 1_700_000_000_123,
            pathSuffix: "/p",
            query: "a=1&a=2",
            headers: ["Content-Type": "application/json; charset=utf-8", "x-A": "1", "X-a": "\"2\""],
            body: ByteBuffer(string: #"{"op":0, "n":1.50}"#),
            bodyIsUTF8: true,
            messages: [ChatMessage(text: "hi", sender: "u", conversation: "g")],
            reply: ReplyOffer(token: EnvelopeSample.token, deadline: 1_700_000_004_500)
        )
        let zeros = "000000000000000"
        let expected =
            #"{"specversion":"1.0","id":"E:1","source":"hookwire:d259df43e3386504699d9b19ed8998d1/qq","#
            + #""type":"C2C_MESSAGE_CREATE","time":"2023-11-14T22:13:20.123Z","#
            + #""datacontenttype":"application/json; charset=utf-8","platform":"qq","position":"7-5","attempt":1,"#
            + #""replytoken":"\#(zeros)a\#(zeros)b\#(zeros)c","replydeadline":"2023-11-14T22:13:24.500Z","#
            + #""text":"hi","sender":"u","conversation":"g","method":"POST","path":"/p","query":"a=1&a=2","#
            + #""headers":"[[\"Content-Type\",\"application/json; charset=utf-8\"],"#
            + #"[\"x-A\",\"1\"],[\"X-a\",\"\\\"2\\\"\"]]","#
            + #""data":{"op":0, "n":1.50}}"#
        #expect(EnvelopeSample.text(event) == expected)
    }

    /// What an event does not have, its envelope does not have; the position stands in for an id.
    @Test func leastText() throws {
        let event = Event(
            platform: "generic",
            receivedAt: .max,
            method: .GET,
            headers: ["Content-Type": "application/json"],
            body: ByteBuffer(),
            bodyIsUTF8: true
        )
        let members = try EnvelopeSample.members(event)
        let names = ["specversion", "id", "source", "type", "platform", "position", "attempt", "method", "headers"]
        #expect(Set(members.keys) == Set(names))
        #expect(members["id"] as? String == "7-5" && members["type"] as? String == "webhook")
        #expect(members["method"] as? String == "GET")
    }

    /// JSON is data as it is; anything else is Base64, and is not called JSON.
    @Test(
        arguments: [
            (#"{"a":1}"#, "application/json", true, "application/json"),
            (#"{"a":1}"#, "application/problem+json; a=b", true, "application/problem+json; a=b"),
            (#"{"a":1}"#, "Application/JSON", true, "Application/JSON"),
            (#"{"a":1}"#, nil, true, "application/json"),
            // Platforms send JSON as text, and forms as JSON.
            (#"{"a":1}"#, "text/plain", true, "application/json"),
            (#" [1]"#, "text/plain", true, "application/json"),
            ("a=1", "application/json", false, "application/octet-stream"),
            ("a=1", "application/x-www-form-urlencoded", false, "application/x-www-form-urlencoded"),
            ("a=1", nil, false, "application/octet-stream"),
            // Whether a text is a number is no matter.
            ("123", "text/plain", false, "text/plain"), ("123", "application/json", true, "application/json"),
            ("\"a\"", nil, true, "application/json"), ("null", "a", false, "application/octet-stream"),
            ("{", "application/json", false, "application/octet-stream"),
            (#"{"a":1} x"#, "application/json", false, "application/octet-stream"),
            ("\u{FEFF}{}", "application/json", false, "application/octet-stream"),
            (" ", "text/plain", false, "text/plain"), ("a", "no type", false, "application/octet-stream"),
            ("a", "größe/a", false, "application/octet-stream"), ("a", "/", false, "application/octet-stream"),
            (String(repeating: "[", count: 200), nil, false, "application/octet-stream"),
            (
                String(repeating: "[", count: 200) + String(repeating: "]", count: 200), nil, false,
                "application/octet-stream"
            ),
        ] as [(String, String?, Bool, String)]
    )
    func data(body: String, contentType: String?, isData: Bool, dataContentType: String) throws {
        let event = EnvelopeSample.event(body, contentType: contentType)
        let members = try EnvelopeSample.members(event)
        #expect((members["data"] != nil) == isData)
        #expect((members["data_base64"] != nil) == !isData)
        #expect(members["datacontenttype"] as? String == dataContentType)
        if isData {
            #expect(EnvelopeSample.text(event).hasSuffix(#","data":\#(body)}"#))
        } else {
            let base64 = try #require(members["data_base64"] as? String)
            #expect(Data(base64Encoded: base64) == Data(body.utf8))
        }
    }

    /// Bytes that are no UTF-8 may look like JSON, and must not stand in a text frame.
    @Test func bytes() throws {
        let body = ByteBuffer(bytes: Array(#"{"a":""#.utf8) + [0xFF] + Array(#""}"#.utf8))
        let event = Event(
            platform: "generic",
            receivedAt: 0,
            headers: ["Content-Type": "application/json"],
            body: body,
            bodyIsUTF8: false
        )
        let members = try EnvelopeSample.members(event)
        #expect(members["data"] == nil)
        #expect((members["data_base64"] as? String).flatMap { Data(base64Encoded: $0) } == Data(body.readableBytesView))
    }

    /// An id that CloudEvents does not allow gives way to the position; a type like the relay's own is told apart.
    @Test(
        arguments: [
            ("a", "b", "a", "b"), ("", "", "7-5", "webhook"), ("a\nb", "a\nb", "7-5", "a\u{2028}b"),
            ("日本", "日本", "日本", "日本"), ("a", "hookwire.recovery", "a", "webhook.hookwire.recovery"),
        ]
    )
    func identity(id: String, type: String, expectedID: String, expectedType: String) throws {
        let members = try EnvelopeSample.members(EnvelopeSample.event(id: id, type: type))
        #expect(members["id"] as? String == expectedID)
        #expect(members["type"] as? String == expectedType)
    }

    /// Two bots' events are told apart by the source, which is a URI whatever the platform is called.
    @Test func sources() throws {
        let event = Event(platform: "a b/ä", receivedAt: 0, body: ByteBuffer(), bodyIsUTF8: true)
        let source = try #require(try EnvelopeSample.members(event)["source"] as? String)
        #expect(source == "hookwire:d259df43e3386504699d9b19ed8998d1/a%20b%2F%C3%A4")
        #expect(URL(string: source) != nil)
    }

    /// Header fields keep their order, their case and their repeats, whatever stands in them.
    @Test func headers() throws {
        let fields = [
            ["b", "1"], ["A", ""], ["B", "\t2"], ["b", "größer, 日本 👩‍👩‍👧"],
            ["c", "\"\\\u{7F}\u{85}\u{FFFE}\u{10FFFF}\u{1}"],
        ]
        let event = Event(
            platform: "generic",
            receivedAt: 0,
            headers: HTTPHeaders(fields.map { ($0[0], $0[1]) }),
            body: ByteBuffer(),
            bodyIsUTF8: true
        )
        #expect(try EnvelopeSample.inner(EnvelopeSample.members(event)["headers"]) as? [[String]] == fields)
    }

    /// A line break in what was said becomes a line separator, as an attribute must not have one, and the exact text is in
    /// the list of messages.
    @Test func messages() throws {
        let said = "a\r\nb\n\nc\td\u{0}"
        let one = ChatMessage(text: said, sender: "u", conversation: nil)
        let members = try EnvelopeSample.members(EnvelopeSample.event(messages: [one]))
        #expect(members["text"] as? String == "a\u{2028}b\u{2028}\u{2028}c d\u{FFFD}")
        #expect(members["sender"] as? String == "u" && members["conversation"] == nil)
        let list = try EnvelopeSample.inner(members["messages"]) as? [[String: String]]
        #expect(list == [["text": said, "sender": "u"]])

        let plain = ChatMessage(text: "größer 日本", sender: "u", conversation: "c")
        let single = try EnvelopeSample.members(EnvelopeSample.event(messages: [plain]))
        #expect(single["text"] as? String == "größer 日本" && single["messages"] == nil)

        let both = try EnvelopeSample.members(
            EnvelopeSample.event(messages: [plain, ChatMessage(text: nil, sender: "v", conversation: "d")])
        )
        #expect(both["text"] as? String == "größer 日本" && both["sender"] as? String == "u")
        let two = try EnvelopeSample.inner(both["messages"]) as? [[String: String]]
        #expect(
            two == [["text": "größer 日本", "sender": "u", "conversation": "c"], ["sender": "v", "conversation": "d"]]
        )
    }

    /// Times are RFC 3339's, to the millisecond; one that it cannot write is left out.
    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
            (951_782_399_999, "2000-02-28T23:59:59.999Z"), (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"), (1_709_210_096_007, "2024-02-29T12:34:56.007Z"),
            (-62_135_596_800_000, "0001-01-01T00:00:00.000Z"), (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
            (253_402_300_800_000, nil), (-62_135_596_800_001, nil), (.max, nil), (.min, nil),
        ] as [(Int64, String?)]
    )
    func times(milliseconds: Int64, expected: String?) {
        #expect(RFC3339.text(milliseconds: milliseconds) == expected)
    }

    /// Whatever an event holds, its envelope is a CloudEvent, with the body in it.
    @Test func anyEvent() throws {
        var seed = SeededRandom(for: "EnvelopeTests.anyEvent")
        let pieces = [
            "a", "\"", "\\", "\n", "\r", "\u{0}", "\u{7F}", "\u{9F}", "日", "\u{2028}", "\u{FFFF}",
            String(Unicode.Scalar(0xFDD0)!), "👩‍👩‍👧", "{",
            "}", "[", "]", ":", ",", "1", " ", "null", "application/json", "/",
        ]
        func text() -> String {
            (0..<Int.random(in: 0...6, using: &seed)).map { _ in pieces.randomElement(using: &seed) ?? "" }.joined()
        }
        func optional() -> String? { Bool.random(using: &seed) ? text() : nil }
        let end = ContinuousClock.now + .seconds(1)
        while ContinuousClock.now < end {
            var body = ByteBuffer(string: text())
            if Int.random(in: 0..<4, using: &seed) == 0 {
                body.writeInteger(UInt8.random(in: .min ... .max, using: &seed))
            }
            let event = Event(
                platform: text(),
                id: optional(),
                type: optional(),
                receivedAt: Int64.random(in: .min ... .max, using: &seed) >> Int64.random(in: 0...60, using: &seed),
                method: .RAW(value: text()),
                pathSuffix: text(),
                query: text(),
                headers: ["content-type": text(), "x": text()],
                body: body,
                bodyIsUTF8: UTF8Validation.isValid(body),
                messages: (0..<Int.random(in: 0...2, using: &seed)).map { _ in
                    ChatMessage(text: optional(), sender: optional(), conversation: optional())
                }
            )
            let members = try EnvelopeSample.members(event)
            let headers = try EnvelopeSample.inner(members["headers"]) as? [[String]]
            #expect(headers == event.headers.map { [$0.name, $0.value] }, "\(seed)")
            if let base64 = members["data_base64"] as? String {
                #expect(Data(base64Encoded: base64) == Data(body.readableBytesView), "\(seed)")
            }
        }
    }
}
