// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore

/// The binary encoding of a reply, from the bot's node to the node where the request waits.
///
/// | bytes | what |
/// |---|---|
/// | 1 | 1 a text, 2 a response |
/// | … | of a text: its UTF-8, to the end |
/// | 2 | of a response: the status, big-endian |
/// | fields | how many header fields; name and value of each, in order |
/// | … | the body, to the end |
///
/// A name or value is its length in bytes and its UTF-8. Lengths and counts are variable-length integers (RFC 9000,
/// section 16).
public enum ReplyEncoding {
    private static let text: UInt8 = 1
    private static let response: UInt8 = 2

    /// Writes a reply, which must satisfy `isFit`.
    public static func encode(_ reply: Reply) -> ByteBuffer {
        precondition(reply.isFit, "a reply beyond the limits is refused, not sent")
        switch reply {
        case .text(let text):
            var bytes = ByteBuffer()
            bytes.reserveCapacity(1 + text.utf8.count)
            bytes.writeInteger(self.text)
            bytes.writeString(text)
            return bytes
        case .response(let response):
            return self.encode(response)
        }
    }

    private static func encode(_ response: Reply.Response) -> ByteBuffer {
        let head = response.headers.reduce(7) {
            $0 + ByteWriter.capacity(for: $1.name) + ByteWriter.capacity(for: $1.value)
        }
        var bytes = ByteBuffer()
        bytes.reserveCapacity(head + response.body.readableBytes)
        bytes.writeWithUnsafeMutableBytes(minimumWritableBytes: head) { memory in
            var writer = ByteWriter(memory)
            writer.write(self.response)
            writer.write(UInt16(response.status))
            writer.writeLength(response.headers.count)
            for field in response.headers {
                writer.writeCounted(field.name)
                writer.writeCounted(field.value)
            }
            return writer.count
        }
        bytes.writeImmutableBuffer(response.body)
        return bytes
    }

    /// Reads a reply. A body shares the memory of `bytes`.
    ///
    /// - Returns: nil for what `encode` does not write: the input is fully validated, and the result satisfies `isFit`.
    public static func decode(_ bytes: ByteBuffer) -> Reply? {
        guard let reply = try? self.parse(bytes), reply.isFit else { return nil }
        return reply
    }

    private static func parse(_ bytes: ByteBuffer) throws(EventEncodingError) -> Reply {
        let span = bytes.readableBytesUInt8Span
        var reader = EventReader()
        switch try reader.readByte(span) {
        case self.text:
            guard span.count - 1 <= ReplyLimits.textBytes,
                let text = try? bytes.getUTF8ValidatedString(at: bytes.readerIndex + 1, length: span.count - 1)
            else { throw .invalidText }
            return .text(text)
        case self.response:
            let status = Int(try reader.readInteger(span, byteCount: 2))
            let count = try reader.readLength(span)
            guard count <= ReplyLimits.fieldCount else { throw .truncated }
            var fields: [Reply.Field] = []
            fields.reserveCapacity(count)
            for _ in 0..<count {
                fields.append(Reply.Field(name: try reader.readText(span), value: try reader.readText(span)))
            }
            var body = bytes
            body.moveReaderIndex(forwardBy: reader.offset)
            return .response(Reply.Response(status: status, headers: fields, body: body))
        default:
            throw .unknownVersion
        }
    }
}
