// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore
public import NIOHTTP1

/// A complete request. Its parts are shared by all copies.
public struct HTTPRequest: Sendable {
    /// The version; what holds for HTTP/1.1 holds for later ones.
    public var version: HTTPVersion { self.shared.version }
    /// The method.
    public var method: HTTPMethod { self.shared.method }
    /// The path as it was encoded, beginning with a slash (or `*`).
    public var path: String { self.shared.target.path }
    /// The query's parameters.
    public var query: QueryParameters { self.shared.target.query }
    /// The header fields.
    public var fields: RequestFields { self.shared.fields }
    /// The header fields as text. May be decoded anew each time: keep the result, or look up single fields in `fields`.
    public var headers: HTTPHeaders { self.shared.fields.headers }
    /// The body, at most `HTTPLimits.body` bytes.
    public var body: ByteBuffer { self.shared.body }
    /// The transport's peer address; behind proxies, `clientAddress` has the client's.
    public var remoteAddress: SocketAddress? { self.shared.remoteAddress }
    /// The proxies trusted to report the client's address; nil for none.
    var proxies: TrustedProxies? { self.shared.proxies }
    /// The parameters of the route's pattern, such as `secret` for `/ws/{secret}`, decoded.
    public internal(set) var parameters: [String: String] = [:]

    private final class Shared: Sendable {
        let version: HTTPVersion
        let method: HTTPMethod
        let target: RequestTarget
        let fields: RequestFields
        let body: ByteBuffer
        let remoteAddress: SocketAddress?
        let proxies: TrustedProxies?

        init(
            version: HTTPVersion,
            method: HTTPMethod,
            target: RequestTarget,
            fields: RequestFields,
            body: ByteBuffer,
            remoteAddress: SocketAddress?,
            proxies: TrustedProxies?
        ) {
            self.version = version
            self.method = method
            self.target = target
            self.fields = fields
            self.body = body
            self.remoteAddress = remoteAddress
            self.proxies = proxies
        }
    }

    private let shared: Shared

    /// A request from its parts.
    ///
    /// - Returns: nil where the target is no path: neither `/…`, nor `*`, nor an absolute URI (RFC 9112, section 3.2).
    public init?(
        head: HTTPRequestHead,
        body: ByteBuffer,
        remoteAddress: SocketAddress?,
        proxies: TrustedProxies? = nil
    ) {
        guard let target = RequestTarget(head.uri) else { return nil }
        self.shared = Shared(
            version: head.version,
            method: head.method,
            target: target,
            fields: RequestFields(head.headers),
            body: body,
            remoteAddress: remoteAddress,
            proxies: proxies
        )
    }

    /// A plain request.
    ///
    /// - Returns: nil where the target is no path.
    init?(_ request: PlainRequest, remoteAddress: SocketAddress?, proxies: TrustedProxies? = nil) {
        guard let target = RequestTarget(request.target) else { return nil }
        self.shared = Shared(
            version: .http1_1,
            method: request.method,
            target: target,
            fields: RequestFields(request.fields),
            body: request.body,
            remoteAddress: remoteAddress,
            proxies: proxies
        )
    }

    /// The token of an `Authorization: Bearer` field (RFC 6750, section 2.1).
    public var bearerToken: String? {
        guard let value = self.headers.first(name: "authorization") else { return nil }
        let parts = value.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        return String(parts[1])
    }
}
