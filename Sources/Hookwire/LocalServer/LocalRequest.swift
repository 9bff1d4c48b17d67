// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1

/// An event as a request to a local server: as the platform sent it, but for what belongs to a connection.
///
/// - The target is the address's own path, what followed the webhook's path, the address's own query, and the request's.
///   The relay has taken its own parameters and the credentials out of that before it stored the event.
/// - Header fields keep their order and repeats. `Host` and `Content-Length` say in their places what is true here; fields
///   about one connection (RFC 9110, section 7.6.1) are left out.
/// - The body's bytes are untouched.
/// - Where the relay records traces, `traceparent` is what the relay has made of it.
struct LocalRequest: Equatable, Sendable {
    let method: HTTPMethod
    let target: String
    let headers: HTTPHeaders
    let body: ByteBuffer

    private static let hopByHop: Set<String> = [
        "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer",
        "transfer-encoding", "upgrade", "expect",
    ]

    /// Whether a field says how a request is framed or belongs to one connection, so that only this process can say it.
    static func isOwn(_ name: String) -> Bool {
        let lowercased = name.lowercased()
        return lowercased == "content-length" || self.hopByHop.contains(lowercased)
    }

    /// - Parameters:
    ///   - address: of the local server.
    ///   - additions: fields that replace those of the same name, or follow the others.
    init(
        _ event: ReceivedEvent,
        to address: WebAddress,
        additions: [(name: String, value: String)] = [],
        body: ByteBuffer? = nil
    ) {
        self.method = event.method
        let path = event.path.isEmpty ? address.path : address.prefix + event.path
        let query = [address.query, event.query.isEmpty ? nil : event.query].compactMap { $0 }.joined(separator: "&")
        self.target = (path.hasPrefix("/") ? path : "/" + path) + (query.isEmpty ? "" : "?" + query)
        self.body = body ?? event.body
        self.headers = Self.headers(event.headers, address: address, length: self.body.readableBytes, additions)
    }

    private static func headers(
        _ original: HTTPHeaders,
        address: WebAddress,
        length: Int,
        _ additions: [(name: String, value: String)]
    ) -> HTTPHeaders {
        let named = Set(original[canonicalForm: "connection"].map { $0.lowercased() })
        let replaced = Set(additions.map { $0.name.lowercased() })
        var headers = HTTPHeaders()
        if !original.contains(name: "host"), !replaced.contains("host") {
            headers.add(name: "Host", value: address.authority)
        }
        for (name, value) in original {
            let lowercased = name.lowercased()
            guard !self.hopByHop.contains(lowercased), !named.contains(lowercased), !replaced.contains(lowercased)
            else {
                continue
            }
            switch lowercased {
            case "host": if !headers.contains(name: name) { headers.add(name: name, value: address.authority) }
            case "content-length": if !headers.contains(name: name) { headers.add(name: name, value: "\(length)") }
            default: headers.add(name: name, value: value)
            }
        }
        if length > 0, !headers.contains(name: "content-length") {
            headers.add(name: "Content-Length", value: "\(length)")
        }
        for (name, value) in additions { headers.add(name: name, value: value) }
        return headers
    }
}
