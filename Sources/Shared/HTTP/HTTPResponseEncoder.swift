// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1

/// Writes answers as bytes (RFC 9112, sections 4 to 6), whole and in one buffer where the body is small.
enum HTTPResponseEncoder {
    /// A body up to this many bytes is copied behind its header: one buffer is cheaper than a second vector. In bytes.
    private static let inlineBodyLimit = 4096
    /// Room for the status line and the fields that are written here, but for the reason phrase and the date. In bytes.
    private static let ownFieldsCapacity = 128

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
        let length = response.body.readableBytes
        let sendsBody = includesBody && response.status.mayHaveResponseBody && length > 0
        let inlines = sendsBody && length <= self.inlineBodyLimit
        let head = Head(
            status: response.status,
            headers: response.headers,
            framing: .length(length),
            close: close,
            isHTTP10: isHTTP10,
            date: date
        )
        let capacity = head.capacity + (inlines ? length : 0)
        var buffer = allocator.buffer(capacity: capacity)
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: capacity) { memory in
            var writer = ByteWriter(memory)
            head.write(into: &writer)
            if inlines { response.body.withUnsafeReadableBytes { writer.write($0) } }
            return writer.count
        }
        return (buffer, sendsBody && !inlines ? response.body : nil)
    }

    /// The bytes of the header of an answer whose body follows piece by piece.
    ///
    /// - Parameters:
    ///   - close: whether the connection ends behind the answer.
    ///   - isHTTP10: the peer speaks HTTP/1.0, and has to be told that the connection stays.
    static func encodeHead(
        of response: HTTPStreamedResponse,
        framing: HTTPBodyStream.Framing,
        close: Bool,
        isHTTP10: Bool,
        date: String,
        allocator: ByteBufferAllocator
    ) -> ByteBuffer {
        let head = Head(
            status: response.status,
            headers: response.headers,
            framing: framing,
            close: close,
            isHTTP10: isHTTP10,
            date: date
        )
        var buffer = allocator.buffer(capacity: head.capacity)
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: head.capacity) { memory in
            var writer = ByteWriter(memory)
            head.write(into: &writer)
            return writer.count
        }
        return buffer
    }

    /// The bytes of an answer that ends HTTP on the connection.
    static func encodeSwitchingProtocols(
        headers: [(name: String, value: String)],
        allocator: ByteBufferAllocator
    ) -> ByteBuffer {
        let capacity = self.capacity(of: headers, status: .switchingProtocols)
        var buffer = allocator.buffer(capacity: capacity)
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: capacity) { memory in
            var writer = ByteWriter(memory)
            self.writeStatusLine(.switchingProtocols, into: &writer)
            for (name, value) in headers {
                self.writeField(name, value, into: &writer)
            }
            writer.write(literal: "\r\n")
            return writer.count
        }
        return buffer
    }

    /// The header of an answer that HTTP goes on behind, or ends with.
    private struct Head {
        let status: HTTPResponseStatus
        let headers: [(name: String, value: String)]
        let framing: HTTPBodyStream.Framing
        let close: Bool
        let isHTTP10: Bool
        let date: String

        /// Room for the header, at least what it takes.
        var capacity: Int {
            HTTPResponseEncoder.capacity(of: self.headers, status: self.status) + self.date.utf8.count
        }

        func write(into writer: inout ByteWriter) {
            HTTPResponseEncoder.writeStatusLine(self.status, into: &writer)
            for (name, value) in self.headers {
                HTTPResponseEncoder.writeField(name, value, into: &writer)
            }
            if self.status.mayHaveResponseBody {
                switch self.framing {
                case .length(let length):
                    writer.write(literal: "Content-Length: ")
                    writer.writeDecimal(length)
                    writer.write(literal: "\r\n")
                case .chunked:
                    writer.write(literal: "Transfer-Encoding: chunked\r\n")
                case .untilClose:
                    break
                }
            }
            writer.write(literal: "Date: ")
            writer.write(self.date)
            if self.close {
                writer.write(literal: "\r\nConnection: close\r\n\r\n")
            } else if self.isHTTP10 {
                writer.write(literal: "\r\nConnection: keep-alive\r\n\r\n")
            } else {
                writer.write(literal: "\r\n\r\n")
            }
        }
    }

    /// Room for the header but for the date, at least what it takes.
    private static func capacity(of headers: [(name: String, value: String)], status: HTTPResponseStatus) -> Int {
        headers.reduce(self.ownFieldsCapacity + (status == .ok ? 0 : status.reasonPhrase.utf8.count)) {
            $0 + $1.name.utf8.count + $1.value.utf8.count + 4
        }
    }

    private static func writeStatusLine(_ status: HTTPResponseStatus, into writer: inout ByteWriter) {
        if status == .ok {
            writer.write(literal: "HTTP/1.1 200 OK\r\n")
            return
        }
        writer.write(literal: "HTTP/1.1 ")
        writer.writeDecimal(Int(status.code))
        writer.write(literal: " ")
        writer.write(status.reasonPhrase)
        writer.write(literal: "\r\n")
    }

    private static func writeField(_ name: String, _ value: String, into writer: inout ByteWriter) {
        // Whatever route wrote it: an answer that a value could split in two must not leave the node.
        precondition(
            value.fitsInField,
            "the value of the header field \(name) contains a line break"
        )
        writer.write(name)
        writer.write(literal: ": ")
        writer.write(value)
        writer.write(literal: "\r\n")
    }
}
