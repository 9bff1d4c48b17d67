// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore
public import NIOHTTP1

/// An answer, whole and in memory. `Content-Length`, `Date` and `Connection` are the connection's to write.
public struct HTTPResponse: Sendable {
    /// The status.
    public var status: HTTPResponseStatus
    /// The header fields beside those that the connection writes.
    public var headers: [(name: String, value: String)]
    /// The body.
    public var body: ByteBuffer
    /// Whether the connection ends behind this answer.
    public var closesConnection: Bool
    /// What the request's address is charged with; never sent.
    public var failure: CredentialFailure?

    /// An answer from its parts.
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

    /// An answer with a body of a media type.
    public init(status: HTTPResponseStatus = .ok, contentType: String, body: ByteBuffer) {
        self.init(status: status, headers: [("Content-Type", contentType)], body: body)
    }

    /// An answer in JSON. The media type is exactly `application/json`: one of the platforms' SDKs breaks on a charset.
    public static func json(_ body: ByteBuffer, status: HTTPResponseStatus = .ok) -> HTTPResponse {
        HTTPResponse(status: status, contentType: "application/json", body: body)
    }

    /// The same for no cache to keep: it changes, or is not for everybody.
    public var uncached: HTTPResponse {
        var response = self
        response.headers.append(("Cache-Control", "no-store"))
        return response
    }
}
