// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore
public import NIOHTTP1

/// A response with a streamed body. The connection writes `Content-Length`, `Transfer-Encoding`, `Date` and
/// `Connection`.
public struct HTTPStreamedResponse: Sendable {
    /// The status.
    public var status: HTTPResponseStatus
    /// The header fields beside those that the connection writes.
    public var headers: [(name: String, value: String)]
    /// The body's length in bytes, if known in advance.
    public var contentLength: Int?
    /// Writes the body; runs in a task of its own, once, or never where the request was HEAD. When it throws, or writes
    /// more or less than `contentLength`, the connection is cut, so that the peer sees that the body is incomplete. The
    /// task is cancelled when the peer disconnects.
    public var body: @Sendable (HTTPBodyWriter) async throws -> Void

    /// Creates a response from its parts.
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

/// Writes a streamed body. For one task at a time.
public struct HTTPBodyWriter: Sendable {
    let stream: NIOLoopBound<HTTPBodyStream>

    init(_ stream: HTTPBodyStream, eventLoop: any EventLoop) {
        self.stream = NIOLoopBound(stream, eventLoop: eventLoop)
    }

    /// Writes the next piece, and returns when the connection is writable again: at most one piece is buffered for a
    /// peer.
    ///
    /// - Throws: if the connection is closed, or the body is longer than declared. The body closure should let it
    ///   propagate.
    public func write(_ bytes: ByteBuffer) async throws {
        try await self.stream.eventLoop.flatSubmit { self.stream.value.write(bytes) }.get()
    }
}
