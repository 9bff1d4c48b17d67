// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore
public import NIOHTTP1

/// A complete response in memory. The connection writes `Content-Length`, `Date` and `Connection`.
public struct HTTPResponse: Sendable {
    /// The status.
    public var status: HTTPResponseStatus
    /// The header fields beside those that the connection writes.
    public var headers: [(name: String, value: String)]
    /// The body.
    public var body: ByteBuffer
    /// Whether the connection closes after this response.
    public var closesConnection: Bool
    /// The failure to charge the client's address with; never sent.
    public var failure: CredentialFailure?

    /// Creates a response from its parts.
    public init(
        status: HTTPResponseStatus,
        headers: [(name: String, value: String)] = [],
        body: ByteBuffer = ByteBuffer(),
        closesConnection: Bool = false
    ) {
        self.status = status
        self.headers = headers
        self.body = body
        self.closesConnection = closesConnection
    }

    /// Creates a response with a body of a media type.
    public init(status: HTTPResponseStatus = .ok, contentType: String, body: ByteBuffer) {
        self.init(status: status, headers: [("Content-Type", contentType)], body: body)
    }

    /// A JSON response. The media type is exactly `application/json`: one platform's SDK breaks on a charset.
    public static func json(_ body: ByteBuffer, status: HTTPResponseStatus = .ok) -> HTTPResponse {
        HTTPResponse(status: status, contentType: "application/json", body: body)
    }

    /// The same, marked as not cacheable: its content changes or is private.
    public var uncached: HTTPResponse {
        var response = self
        response.headers.append(("Cache-Control", "no-store"))
        return response
    }
}
