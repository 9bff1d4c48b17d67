// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore
public import NIOHTTP1

/// A request that has arrived whole.
public struct HTTPRequest: Sendable {
    /// The version; what is said of HTTP/1.1 holds for its successors.
    public let version: HTTPVersion
    /// The method.
    public let method: HTTPMethod
    /// The path as it was encoded, beginning with a slash (or `*`).
    public let path: String
    /// The query's parameters.
    public let query: QueryParameters
    /// The header fields.
    public let fields: RequestFields
    /// The body, at most `HTTPLimits.body` bytes.
    public let body: ByteBuffer
    /// Who sent it, as far as the transport knows.
    public let remoteAddress: SocketAddress?
    /// The header fields as text. May be made anew each time: keep the result, or ask `fields` for one of them.
    public var headers: HTTPHeaders { self.fields.headers }
    /// What the route's pattern named: `secret` for `/ws/{secret}`, decoded.
    public internal(set) var parameters: [String: String] = [:]

    /// A request from its parts.
    ///
    /// - Returns: nil where the target is no path: neither `/…`, nor `*`, nor an absolute URI (RFC 9112, section 3.2).
    public init?(head: HTTPRequestHead, body: ByteBuffer, remoteAddress: SocketAddress?) {
        guard let target = RequestTarget(head.uri) else { return nil }
        self.version = head.version
        self.method = head.method
        self.path = target.path
        self.query = target.query
        self.fields = RequestFields(head.headers)
        self.body = body
        self.remoteAddress = remoteAddress
    }

    /// A plain request.
    ///
    /// - Returns: nil where the target is no path.
    init?(_ request: PlainRequest, remoteAddress: SocketAddress?) {
        guard let target = RequestTarget(request.target) else { return nil }
        self.version = .http1_1
        self.method = request.method
        self.path = target.path
        self.query = target.query
        self.fields = RequestFields(request.fields)
        self.body = request.body
        self.remoteAddress = remoteAddress
    }

    /// The token of an `Authorization: Bearer` field (RFC 6750, section 2.1).
    public var bearerToken: String? {
        guard let value = self.headers.first(name: "authorization") else { return nil }
        let parts = value.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        return String(parts[1])
    }
}
