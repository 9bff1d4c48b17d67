// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1

/// Writes answers as bytes (RFC 9112, sections 4 to 6), whole and in one buffer where the body is small.
enum HTTPResponseEncoder {
    /// A body up to this many bytes is copied behind its header: one buffer is cheaper than a second vector. In bytes.
    private static let inlineBodyLimit = 4096

    /// The bytes of an answer: the header, and the body where it is not in the same buffer.
    ///
    /// - Parameters:
    ///   - includesBody: false for HEAD, whose answer says the length of a body that it does not have.
    ///   - close: whether the connection ends behind the answer.
    ///   - isHTTP10: the peer speaks HTTP/1.0, and has to be told that the connection stays.
    static func encode(
        _ response: HTTPResponse,
        includesBody: Bool,
        close: Bool,
        isHTTP10: Bool,
        date: String,
        allocator: ByteBufferAllocator
    ) -> (head: ByteBuffer, body: ByteBuffer?) {
        let hasLength = response.status.mayHaveResponseBody
        let body = includesBody && hasLength && response.body.readableBytes > 0 ? response.body : nil
        let inlines = body.map { $0.readableBytes <= self.inlineBodyLimit } ?? false
        var buffer = allocator.buffer(capacity: 224 + (inlines ? response.body.readableBytes : 0))
        self.writeStatusLine(response.status, into: &buffer)
        for (name, value) in response.headers {
            self.writeField(name, value, into: &buffer)
        }
        if hasLength {
            buffer.writeStaticString("Content-Length: ")
            buffer.writeString(String(response.body.readableBytes))
            buffer.writeStaticString("\r\n")
        }
        buffer.writeStaticString("Date: ")
        buffer.writeString(date)
        if close {
            buffer.writeStaticString("\r\nConnection: close\r\n\r\n")
        } else if isHTTP10 {
            buffer.writeStaticString("\r\nConnection: keep-alive\r\n\r\n")
        } else {
            buffer.writeStaticString("\r\n\r\n")
        }
        if inlines {
            buffer.writeImmutableBuffer(response.body)
            return (buffer, nil)
        }
        return (buffer, body)
    }

    /// The bytes of an answer that ends HTTP on the connection.
    static func encodeSwitchingProtocols(
        headers: [(name: String, value: String)],
        allocator: ByteBufferAllocator
    ) -> ByteBuffer {
        var buffer = allocator.buffer(capacity: 160)
        self.writeStatusLine(.switchingProtocols, into: &buffer)
        for (name, value) in headers {
            self.writeField(name, value, into: &buffer)
        }
        buffer.writeStaticString("\r\n")
        return buffer
    }

    private static func writeStatusLine(_ status: HTTPResponseStatus, into buffer: inout ByteBuffer) {
        if status == .ok {
            buffer.writeStaticString("HTTP/1.1 200 OK\r\n")
            return
        }
        buffer.writeStaticString("HTTP/1.1 ")
        buffer.writeString(String(status.code))
        buffer.writeStaticString(" ")
        buffer.writeString(status.reasonPhrase)
        buffer.writeStaticString("\r\n")
    }

    private static func writeField(_ name: String, _ value: String, into buffer: inout ByteBuffer) {
        // Whatever route wrote it: an answer that a value could split in two must not leave the node.
        precondition(
            !value.utf8.contains { $0 == 0x0D || $0 == 0x0A || $0 == 0 },
            "the value of the header field \(name) contains a line break"
        )
        buffer.writeString(name)
        buffer.writeStaticString(": ")
        buffer.writeString(value)
        buffer.writeStaticString("\r\n")
    }
}
