// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1

/// The header fields of an event: parsed, or as they came over the wire until somebody asks for them. Delivering raw
/// never does, and parsing twenty fields costs more than all else that is done with an event on its way.
struct EventFields: Sendable {
    private enum Form {
        case parsed(HTTPHeaders)
        /// How many fields, then name and value of each, and nothing behind: checked.
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

    /// The fields where they are as a request had them.
    var lines: FieldLines? {
        if case .lines(let lines) = self.form { lines } else { nil }
    }

    /// How many bytes the fields take beside those that they share with the event's body.
    var memory: Int {
        switch self.form {
        case .parsed(let headers): headers.reduce(0) { $0 + 64 + $1.name.utf8.count + $1.value.utf8.count }
        case .encoded(let bytes): bytes.readableBytes
        case .lines(let lines): lines.count * MemoryLayout<FieldMark>.stride
        }
    }

    /// Fields from the rest of an event's head, all of which they must take.
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

    /// The fields, parsed anew each time where they are still bytes.
    var headers: HTTPHeaders {
        switch self.form {
        case .parsed(let headers): headers
        case .encoded(let bytes): Self.parse(bytes)
        case .lines(let lines): lines.headers
        }
    }

    /// Room for the bytes, at least what they take.
    var capacity: Int {
        switch self.form {
        case .parsed(let headers):
            headers.reduce(4) {
                $0 + ByteWriter.capacity(for: $1.name) + ByteWriter.capacity(for: $1.value)
            }
        case .encoded(let bytes):
            bytes.readableBytes
        case .lines(let lines):
            // What stands between name and value is no longer than their lengths, but for four bytes each.
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
            // The bytes were checked when they came in.
            preconditionFailure("an event's header fields are not what they were: \(error)")
        }
        return HTTPHeaders(fields)
    }
}
