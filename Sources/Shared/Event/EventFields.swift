// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1

/// The header fields of an event: parsed, or as wire bytes until first needed. Raw delivery never needs them, and
/// parsing twenty fields costs more than the rest of the delivery.
struct EventFields: Sendable {
    private enum Form {
        case parsed(HTTPHeaders)
        /// The number of fields, then each one's name and value, and nothing after: validated.
        case encoded(ByteBuffer)
        /// As a request had them.
        case lines(FieldLines)
    }

    private let form: Form

    init(_ headers: HTTPHeaders) {
        self.form = .parsed(headers)
    }

    init(_ fields: RequestFields) {
        switch fields.form {
        case .parsed(let headers): self.form = .parsed(headers)
        case .lines(let lines): self.form = .lines(lines)
        }
    }

    init(_ lines: FieldLines) {
        self.form = .lines(lines)
    }

    /// The fields, if they are still as received in a request.
    var lines: FieldLines? {
        if case .lines(let lines) = self.form { lines } else { nil }
    }

    /// The memory of the fields beyond what they share with the event's body, in bytes.
    var memory: Int {
        switch self.form {
        case .parsed(let headers): headers.reduce(0) { $0 + 64 + $1.name.utf8.count + $1.value.utf8.count }
        case .encoded(let bytes): bytes.readableBytes
        case .lines(let lines): lines.count * MemoryLayout<FieldMark>.stride
        }
    }

    /// Reads fields from the rest of an event's head, which they must fill.
    init(encoded head: ByteBuffer, at offset: Int) throws(EventEncodingError) {
        var bytes = head
        bytes.moveReaderIndex(forwardBy: offset)
        let span = bytes.readableBytesUInt8Span
        var reader = EventReader()
        // Each field takes two bytes at least, and a count is at most the number of bytes that are left.
        for _ in 0..<(try reader.readLength(span)) {
            let name = try reader.skipText(span)
            // `HTTPHeaders` traps on other names, and the HTTP parser lets none through.
            for index in name where span[index] >= 0x80 { throw .invalidText }
            try reader.skipText(span)
        }
        guard reader.offset == span.count else { throw .trailingBytes }
        self.form = .encoded(bytes)
    }

    /// The fields, parsed on each access if they are still bytes.
    var headers: HTTPHeaders {
        switch self.form {
        case .parsed(let headers): headers
        case .encoded(let bytes): Self.parse(bytes)
        case .lines(let lines): lines.headers
        }
    }

    /// An upper bound of the encoded size, in bytes.
    var capacity: Int {
        switch self.form {
        case .parsed(let headers):
            headers.reduce(4) {
                $0 + ByteWriter.capacity(for: $1.name) + ByteWriter.capacity(for: $1.value)
            }
        case .encoded(let bytes):
            bytes.readableBytes
        case .lines(let lines):
            // The separators take no less than the length prefixes, except for four bytes each.
            4 + lines.byteCount + lines.count * 8
        }
    }

    func write(into writer: inout ByteWriter) {
        switch self.form {
        case .parsed(let headers):
            writer.writeLength(headers.count)
            for (name, value) in headers {
                writer.writeCounted(name)
                writer.writeCounted(value)
            }
        case .encoded(let bytes):
            bytes.withUnsafeReadableBytes { writer.write($0) }
        case .lines(let lines):
            writer.writeLength(lines.count)
            lines.visit { name, value in
                writer.writeCounted(name)
                writer.writeCounted(value)
                return true
            }
        }
    }

    private static func parse(_ bytes: ByteBuffer) -> HTTPHeaders {
        let span = bytes.readableBytesUInt8Span
        var reader = EventReader()
        var fields: [(String, String)] = []
        do {
            let count = try reader.readLength(span)
            fields.reserveCapacity(count)
            for _ in 0..<count {
                fields.append((try reader.readRepairedText(span), try reader.readRepairedText(span)))
            }
        } catch {
            // The bytes were validated on arrival.
            preconditionFailure("an event's header fields are not what they were: \(error)")
        }
        return HTTPHeaders(fields)
    }
}
