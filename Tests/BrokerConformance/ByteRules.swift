// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1
internal import Shared
internal import Testing

extension BrokerRule {
    /// An event comes out as it went in.
    static let bytes: [BrokerRule] = [
        BrokerRule("every part of an event survives exactly, on a feed and in the log") { bed in
            try await bed.withBroker { broker in
                let channel = Fixtures.channel()
                let (recorder, _) = try await broker.record(channel)
                for event in Self.events {
                    try await broker.publish(event, to: channel)
                }
                let expected = Self.events.map(EventParts.init)
                #expect(await recorder.entries(atLeast: expected.count).map { EventParts($0.event) } == expected)
                var read: [LogEntry] = []
                while read.count < expected.count {
                    let entries = try #require(try await broker.page(channel, after: read.last?.position).entries)
                    try #require(!entries.isEmpty)
                    read += entries
                }
                #expect(read.map { EventParts($0.event) } == expected)
            }
        },
        BrokerRule("a body is what was readable when it was published") { bed in
            try await bed.withBroker { broker in
                let channel = Fixtures.channel()
                var body = ByteBuffer(string: "before|the body|behind")
                body.moveReaderIndex(forwardBy: 7)
                body.moveWriterIndex(to: body.writerIndex - 7)
                var event = Fixtures.event("")
                event = event.with(body: body)
                let (recorder, _) = try await broker.record(channel)
                try await broker.publish(event, to: channel)
                #expect(await recorder.entries(atLeast: 1).map(\.event.text) == ["the body"])
                #expect(try await broker.page(channel).texts == ["the body"])
            }
        },
    ]

    private static let events: [Event] = {
        var fields = HTTPHeaders()
        fields.add(name: "X-Repeated", value: "1")
        fields.add(name: "content-type", value: "text/plain; charset=utf-8")
        fields.add(name: "x-repeated", value: "2")
        fields.add(name: "X-Empty", value: "")
        fields.add(name: "X-Repeated", value: "1")
        fields.add(name: "X-Text", value: "größer, 日本, 👩‍👩‍👧")
        fields.add(name: "X-Long", value: String(repeating: "v", count: 8_000))
        return [
            Event(platform: "", receivedAt: 0, body: ByteBuffer(), bodyIsUTF8: true),
            Event(
                platform: "dialogflow",
                id: "",
                type: "",
                receivedAt: .max,
                method: .RAW(value: "PROPFIND"),
                pathSuffix: "/a/b%20c/日本",
                query: "a=1&a=2&b=%E6%97%A5&c",
                headers: fields,
                body: ByteBuffer(string: "größer, 日本, 👩‍👩‍👧"),
                bodyIsUTF8: true,
                messages: [
                    ChatMessage(text: "größer,\r\n\u{0} 日本", sender: "", conversation: nil),
                    ChatMessage(text: nil, sender: nil, conversation: String(repeating: "c", count: 20_000)),
                ],
                reply: ReplyOffer(token: .random(node: .random()), deadline: .min)
            ),
            Event(
                platform: "qq",
                id: "GROUP_AT_MESSAGE_CREATE:" + String(repeating: "9", count: 400),
                type: "GROUP_AT_MESSAGE_CREATE",
                receivedAt: .min,
                method: .GET,
                headers: ["a": "b"],
                body: ByteBuffer(bytes: (0...255).map { UInt8($0) } + [0xFF, 0xFE, 0x00, 0xC0, 0x80]),
                bodyIsUTF8: false
            ),
            Event(
                platform: "qq",
                receivedAt: 1_700_000_000_000,
                body: ByteBuffer(bytes: (0..<(900 << 10)).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }),
                bodyIsUTF8: false
            ),
            Fixtures.event("the last"),
        ]
    }()
}

/// An event's parts, to be compared.
struct EventParts: Hashable, Sendable {
    private let texts: [String?]
    private let receivedAt: Int64
    private let fields: [[String]]
    private let body: ByteBuffer
    private let bodyIsUTF8: Bool
    private let messages: [ChatMessage]
    private let reply: ReplyOffer?

    /// The parts of an event.
    init(_ event: Event) {
        self.texts = [event.platform, event.id, event.type, event.method.rawValue, event.pathSuffix, event.query]
        self.receivedAt = event.receivedAt
        self.fields = event.headers.map { [$0.name, $0.value] }
        self.body = event.body
        self.bodyIsUTF8 = event.bodyIsUTF8
        self.messages = event.messages
        self.reply = event.reply
    }
}
