// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1

/// Encodes responses (RFC 9112, sections 4 to 6), in one buffer if the body is small.
enum HTTPResponseEncoder {
    /// A body up to this size is copied after its header: one buffer is cheaper than a second vector. In bytes.
    private static let inlineBodyLimit = 4096
    /// Capacity for the status line and the fields written here, without the reason phrase and the date. In bytes.
    private static let ownFieldsCapacity = 128

    /// The bytes of a response: the header, and the body if it is not in the same buffer.
    ///
    /// - Parameters:
    ///   - includesBody: false for HEAD, whose response declares the length of a body that is not sent.
    ///   - close: whether the connection closes after the response.
    ///   - isHTTP10: the peer speaks HTTP/1.0 and must be told that the connection stays open.
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

    /// The bytes of a streamed response's header.
    ///
    /// - Parameters:
    ///   - close: whether the connection closes after the response.
    ///   - isHTTP10: the peer speaks HTTP/1.0 and must be told that the connection stays open.
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

    /// The bytes of a response that ends HTTP on the connection.
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

    /// The header of a response with HTTP framing, whether or not the connection closes after it.
    private struct Head {
        let status: HTTPResponseStatus
        let headers: [(name: String, value: String)]
        let framing: HTTPBodyStream.Framing
        let close: Bool
        let isHTTP10: Bool
        let date: String

        /// An upper bound of the header's size, in bytes.
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

    /// An upper bound of the header's size without the date, in bytes.
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
        // Prevents response splitting, whichever route wrote the value.
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
