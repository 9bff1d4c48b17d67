// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Encodes an event's messages and reply offer.
extension ByteWriter {
    /// Writes messages: their number, and each one's texts.
    mutating func writeMessages(_ messages: [ChatMessage]) {
        self.writeLength(messages.count)
        for message in messages {
            self.write(MessageTexts(message).rawValue)
            for text in [message.text, message.sender, message.conversation] {
                if let text { self.writeCounted(text) }
            }
        }
    }

    /// Writes a reply offer.
    mutating func writeReply(_ reply: ReplyOffer) {
        self.write(reply.token.node.rawValue)
        self.write(reply.token.high)
        self.write(reply.token.low)
        self.write(reply.deadline)
    }

    /// The most bytes that `writeMessages` takes.
    static func capacity(for messages: [ChatMessage]) -> Int {
        messages.reduce(4) { capacity, message in
            [message.text, message.sender, message.conversation].reduce(capacity + 1) {
                $0 + ($1.map(ByteWriter.capacity) ?? 0)
            }
        }
    }
}

extension ReplyOffer {
    /// How many bytes an offer takes.
    static let encodedLength = 32
}

extension EventReader {
    /// Reads messages.
    mutating func readMessages(_ bytes: Span<UInt8>) throws(EventEncodingError) -> [ChatMessage] {
        var messages: [ChatMessage] = []
        // Each takes a byte at least, and a count is at most the number of bytes that are left.
        for _ in 0..<(try self.readLength(bytes)) {
            let texts = MessageTexts(rawValue: try self.readByte(bytes))
            guard texts.isSubset(of: .all) else { throw .unknownFlags }
            messages.append(
                ChatMessage(
                    text: texts.contains(.text) ? try self.readText(bytes) : nil,
                    sender: texts.contains(.sender) ? try self.readText(bytes) : nil,
                    conversation: texts.contains(.conversation) ? try self.readText(bytes) : nil
                )
            )
        }
        return messages
    }

    /// Reads a reply offer.
    mutating func readReply(_ bytes: Span<UInt8>) throws(EventEncodingError) -> ReplyOffer {
        let node = NodeID(rawValue: try self.readInteger(bytes, byteCount: 8))
        let high = try self.readInteger(bytes, byteCount: 8)
        let low = try self.readInteger(bytes, byteCount: 8)
        let deadline = Int64(bitPattern: try self.readInteger(bytes, byteCount: 8))
        return ReplyOffer(token: ReplyToken(node: node, high: high, low: low), deadline: deadline)
    }
}

/// Which texts a message has.
private struct MessageTexts: OptionSet {
    let rawValue: UInt8
    static let text = MessageTexts(rawValue: 1)
    static let sender = MessageTexts(rawValue: 2)
    static let conversation = MessageTexts(rawValue: 4)
    static let all: MessageTexts = [.text, .sender, .conversation]

    init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    init(_ message: ChatMessage) {
        self = []
        if message.text != nil { self.insert(.text) }
        if message.sender != nil { self.insert(.sender) }
        if message.conversation != nil { self.insert(.conversation) }
    }
}
