// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore
internal import NIOHTTP1

/// The binary encoding of an event, in the log and from ingress to egress.
///
/// A head that can be skipped by its length, then the body to the end, so that raw delivery never parses the head:
///
/// | bytes | what |
/// |---|---|
/// | 1 | version, 1 |
/// | 1 | flags: 1 the body is UTF-8, 2 there is an id, 4 a type, 8 messages, 16 a reply is awaited, 32 a replay, 64 a trace; others are 0 |
/// | 4 | length of the rest of the head |
/// | 8 | when the request was received, in milliseconds since 1970, signed |
/// | texts | platform, id and type where there are, method, path suffix, query |
/// | messages | where there are: how many; of each a byte (1 text, 2 sender, 4 conversation) and the texts it names |
/// | 32 | where a reply is awaited: node and number of the token, deadline |
/// | … | of a replay: epoch and offset of what it repeats, eight bytes each, and a text: the consumer it is for, or none |
/// | … | of a trace: its name, 16 bytes, the span, 8, whether it is sampled, 1, and a text: the state that travels with it |
/// | fields | how many header fields; name and value of each, in order |
/// | … | the body |
///
/// A text is its length in bytes and its UTF-8. Lengths and counts are variable-length integers (RFC 9000, section 16),
/// the other integers big-endian. All of an event's strings survive exactly, and so do the body's bytes.
public enum EventEncoding {
    /// The version that is written, and the only one that is read.
    static let version: UInt8 = 1

    /// The bits of the second byte.
    struct Flags: OptionSet {
        let rawValue: UInt8
        static let bodyIsUTF8 = Flags(rawValue: 1)
        static let hasID = Flags(rawValue: 2)
        static let hasType = Flags(rawValue: 4)
        static let hasMessages = Flags(rawValue: 8)
        static let hasReply = Flags(rawValue: 16)
        static let isReplay = Flags(rawValue: 32)
        static let hasTrace = Flags(rawValue: 64)
        static let all: Flags = [.bodyIsUTF8, .hasID, .hasType, .hasMessages, .hasReply, .isReplay, .hasTrace]
    }

    /// Writes everything but the body, which follows as it is.
    public static func head(of event: Event) -> ByteBuffer {
        var flags: Flags = event.bodyIsUTF8 ? .bodyIsUTF8 : []
        if event.id != nil { flags.insert(.hasID) }
        if event.type != nil { flags.insert(.hasType) }
        if !event.carriedMessages.isEmpty { flags.insert(.hasMessages) }
        if event.reply != nil { flags.insert(.hasReply) }
        if event.replay != nil { flags.insert(.isReplay) }
        if event.trace != nil { flags.insert(.hasTrace) }
        let capacity = self.headCapacity(of: event)
        var head = ByteBufferAllocator().buffer(capacity: capacity)
        head.writeWithUnsafeMutableBytes(minimumWritableBytes: capacity) { memory in
            var writer = ByteWriter(memory)
            writer.write(self.version)
            writer.write(flags.rawValue)
            writer.write(UInt32(0))
            writer.write(event.receivedAt)
            writer.writeCounted(event.platform)
            if let id = event.id { writer.writeCounted(id) }
            if let type = event.type { writer.writeCounted(type) }
            writer.writeCounted(event.method.rawValue)
            writer.writeCounted(event.pathSuffix)
            writer.writeCounted(event.query)
            if !event.carriedMessages.isEmpty { writer.writeMessages(event.carriedMessages) }
            if let reply = event.reply { writer.writeReply(reply) }
            if let replay = event.replay { writer.writeReplay(replay) }
            if let trace = event.trace { writer.writeTrace(trace) }
            event.fields.write(into: &writer)
            return writer.count
        }
        head.setInteger(UInt32(head.readableBytes - self.prefixLength), at: self.prefixLength - 4)
        return head
    }

    /// Writes an event.
    public static func encode(_ event: Event) -> ByteBuffer {
        var bytes = self.head(of: event)
        bytes.writeImmutableBuffer(event.body)
        return bytes
    }

    /// Reads an event. Its body and its header fields share the memory of `bytes`; the fields are parsed when asked for.
    ///
    /// - Throws: when `bytes` is not what `encode` writes; the input is fully validated.
    public static func decode(_ bytes: ByteBuffer) throws(EventEncodingError) -> Event {
        var body = bytes
        guard
            let (version, flagBits, headLength) = body.readMultipleIntegers(
                as: (UInt8, UInt8, UInt32).self
            )
        else { throw .truncated }
        guard version == self.version else { throw .unknownVersion }
        let flags = Flags(rawValue: flagBits)
        guard flags.isSubset(of: .all) else { throw .unknownFlags }
        guard let head = body.readSlice(length: Int(headLength)) else { throw .truncated }
        let span = head.readableBytesUInt8Span
        var reader = EventReader()
        return Event(
            Event.Parts(
                receivedAt: Int64(truncatingIfNeeded: try reader.readInteger(span, byteCount: 8)),
                platform: try reader.readText(span),
                id: flags.contains(.hasID) ? try reader.readText(span) : nil,
                type: flags.contains(.hasType) ? try reader.readText(span) : nil,
                method: HTTPMethod(rawValue: try reader.readText(span)),
                pathSuffix: try reader.readText(span),
                query: try reader.readText(span),
                messages: flags.contains(.hasMessages) ? try reader.readMessages(span) : [],
                reply: flags.contains(.hasReply) ? try reader.readReply(span) : nil,
                replay: flags.contains(.isReplay) ? try reader.readReplay(span) : nil,
                trace: flags.contains(.hasTrace) ? try reader.readTrace(span) : nil,
                fields: try EventFields(encoded: head, at: reader.offset),
                body: body,
                bodyIsUTF8: flags.contains(.bodyIsUTF8)
            )
        )
    }

    /// Version, flags and the length of what follows.
    private static let prefixLength = 6

    /// An upper bound of the head's size, in bytes.
    private static func headCapacity(of event: Event) -> Int {
        let texts =
            ByteWriter.capacity(for: event.platform) + ByteWriter.capacity(for: event.method.rawValue)
            + ByteWriter.capacity(for: event.pathSuffix) + ByteWriter.capacity(for: event.query)
            + (event.id.map(ByteWriter.capacity) ?? 0) + (event.type.map(ByteWriter.capacity) ?? 0)
        return self.prefixLength + 8 + texts + event.fields.capacity
            + ByteWriter.capacity(for: event.carriedMessages) + (event.reply == nil ? 0 : ReplyOffer.encodedLength)
            + (event.replay == nil ? 0 : EventReplay.encodedCapacity)
            + (event.trace == nil ? 0 : EventTrace.encodedCapacity)
    }
}

/// Why bytes cannot be decoded as an event. Also a metric label.
public enum EventEncodingError: String, Error, Sendable, CaseIterable {
    /// They end too early, or an inner length exceeds them.
    case truncated
    /// They were written by a version of Hookwire that this one cannot read.
    case unknownVersion = "unknown_version"
    /// They have flags that this version does not know.
    case unknownFlags = "unknown_flags"
    /// A text is not UTF-8.
    case invalidText = "invalid_text"
    /// The head is longer than its content.
    case trailingBytes = "trailing_bytes"
}

extension EventEncodingError: CustomStringConvertible {
    /// A sentence for an operator.
    public var description: String {
        switch self {
        case .unknownVersion, .unknownFlags:
            "A stored event was written by another version of Hookwire; run the same version on all nodes."
        case .truncated, .invalidText, .trailingBytes:
            "A stored event is damaged; something else than Hookwire may write to its store."
        }
    }
}
