// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore
public import NIOHTTP1

/// An answer whose body comes piece by piece. `Content-Length`, `Transfer-Encoding`, `Date` and `Connection` are the
/// connection's to write.
public struct HTTPStreamedResponse: Sendable {
    /// The status.
    public var status: HTTPResponseStatus
    /// The header fields beside those that the connection writes.
    public var headers: [(name: String, value: String)]
    /// The body's length in bytes where it is known before.
    public var contentLength: Int?
    /// Writes the body; runs in a task of its own, once, or never where the request was HEAD. When it throws, or
    /// writes more or less than was announced, the connection is cut, so that the peer sees that the body is not whole.
    /// The task is cancelled when the peer goes.
    public var body: @Sendable (HTTPBodyWriter) async throws -> Void

    /// An answer from its parts.
    public init(
        status: HTTPResponseStatus,
        headers: [(name: String, value: String)],
        contentLength: Int?,
        body: @escaping @Sendable (HTTPBodyWriter) async throws -> Void
    ) {
        self.status = status
        self.headers = headers
        self.contentLength = contentLength
        self.body = body
    }
}

/// Takes the pieces of a streamed body. For one task at a time.
public struct HTTPBodyWriter: Sendable {
    let stream: NIOLoopBound<HTTPBodyStream>

    init(_ stream: HTTPBodyStream, eventLoop: any EventLoop) {
        self.stream = NIOLoopBound(stream, eventLoop: eventLoop)
    }

    /// Writes the next piece, and returns when the connection takes more: no more than a piece waits for a peer.
    ///
    /// - Throws: where the connection is gone, or the body is longer than announced. Who writes a body lets it through.
    public func write(_ bytes: ByteBuffer) async throws {
        try await self.stream.eventLoop.flatSubmit { self.stream.value.write(bytes) }.get()
    }
}
