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
    public let headers: HTTPHeaders
    /// The body, at most `HTTPLimits.body` bytes.
    public let body: ByteBuffer
    /// Who sent it, as far as the transport knows.
    public let remoteAddress: SocketAddress?
    /// What the route's pattern named: `secret` for `/ws/{secret}`, decoded.
    public internal(set) var parameters: [String: String] = [:]

    /// A request from its parts.
    ///
    /// - Returns: nil where the target is no path: neither `/…`, nor `*`, nor an absolute URI (RFC 9112, section 3.2).
    public init?(head: HTTPRequestHead, body: ByteBuffer, remoteAddress: SocketAddress?) {
        guard let target = Self.originForm(of: head.uri) else { return nil }
        self.version = head.version
        self.method = head.method
        if let question = target.utf8.firstIndex(of: 0x3F) {
            self.path = String(target[..<question])
            self.query = QueryParameters(encoded: target[target.utf8.index(after: question)...])
        } else {
            self.path = String(target)
            self.query = QueryParameters(encoded: "")
        }
        self.headers = head.headers
        self.body = body
        self.remoteAddress = remoteAddress
    }

    /// The token of an `Authorization: Bearer` field (RFC 6750, section 2.1).
    public var bearerToken: String? {
        guard let value = self.headers.first(name: "authorization") else { return nil }
        let parts = value.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        return String(parts[1])
    }

    private static func originForm(of target: String) -> Substring? {
        if target.utf8.first == 0x2F || target == "*" {
            // A fragment has no business in a request; some clients send it all the same.
            return target.prefix { $0 != "#" }
        }
        guard let scheme = target.range(of: "://") else { return nil }
        let authority = target[scheme.upperBound...]
        guard let slash = authority.utf8.firstIndex(where: { $0 == 0x2F || $0 == 0x3F }) else { return "/" }
        return authority.utf8[slash] == 0x2F ? authority[slash...] : "/" + authority[slash...]
    }
}

extension String {
    /// Where `other` first stands, by bytes.
    fileprivate func range(of other: StaticString) -> Range<String.Index>? {
        let pattern = other.withUTF8Buffer { Array($0) }
        var start = self.utf8.startIndex
        while let end = self.utf8.index(start, offsetBy: pattern.count, limitedBy: self.utf8.endIndex) {
            if self.utf8[start..<end].elementsEqual(pattern) { return start..<end }
            self.utf8.formIndex(after: &start)
        }
        return nil
    }
}
