// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOCore
import NIOHTTP1
import Shared
import Testing

@testable import Egress

/// What tests of envelopes make them of, and read them with: a parser that shares no code with the writer.
enum EnvelopeSample {
    static let channel = ChannelID(secret: Secret("demo-secret"))
    static let token = ReplyToken(node: NodeID(rawValue: 0xA), high: 0xB, low: 0xC)

    /// An event of the generic kind.
    static func event(
        _ body: String = "{}",
        id: String? = nil,
        type: String? = nil,
        contentType: String? = "application/json",
        messages: [ChatMessage] = [],
        reply: ReplyOffer? = nil
    ) -> Event {
        Event(
            platform: "generic",
            id: id,
            type: type,
            receivedAt: 1_700_000_000_123,
            headers: contentType.map { ["Content-Type": $0] } ?? [:],
            body: ByteBuffer(string: body),
            bodyIsUTF8: true,
            messages: messages,
            reply: reply
        )
    }

    /// The JSON of an event's envelope.
    static func text(_ event: Event, offset: UInt64 = 5) -> String {
        let envelope = Envelope(LogEntry(position: .sample(offset), event: event), channel: Self.channel)
        var buffer = ByteBuffer()
        envelope.write(into: &buffer)
        #expect(buffer.readableBytes == envelope.length)
        return String(buffer: buffer)
    }

    /// An event's envelope, parsed.
    static func members(_ event: Event, offset: UInt64 = 5) throws -> [String: Any] {
        try Self.parse(Self.text(event, offset: offset))
    }

    /// A JSON object, and that it is a CloudEvent: the required attributes, and names and values as they are allowed.
    static func parse(_ text: String) throws -> [String: Any] {
        let value = try JSONSerialization.jsonObject(with: Data(text.utf8), options: [.fragmentsAllowed])
        let members = try #require(value as? [String: Any])
        #expect(members["specversion"] as? String == "1.0")
        for name in ["id", "source", "type"] { #expect((members[name] as? String)?.isEmpty == false) }
        for (name, value) in members where name != "data" && name != "data_base64" {
            #expect(name.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) }, "\(name)")
            #expect(name.utf8.count <= 20)
            if let text = value as? String {
                #expect(text.unicodeScalars.allSatisfy { !$0.properties.isNoncharacterCodePoint }, "\(name)")
                #expect(text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }, "\(name)")
            } else {
                #expect(value is NSNumber, "\(name)")
            }
        }
        return members
    }

    /// JSON in an attribute.
    static func inner(_ value: Any?) throws -> Any {
        let text = try #require(value as? String)
        return try JSONSerialization.jsonObject(with: Data(text.utf8))
    }
}
