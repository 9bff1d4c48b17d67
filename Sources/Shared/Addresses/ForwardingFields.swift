// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOHTTP1

/// The fields in which proxies report a request's path: `Forwarded` (RFC 7239) and its predecessor `X-Forwarded-For`.
///
/// If both are present, one may be forged by the client: most proxies write the predecessor and pass a `Forwarded` on
/// unchanged. So `X-Forwarded-For` takes precedence.
///
/// Each proxy appends the sender it saw, so the fields are read from the end: what precedes the entry of the first
/// untrusted proxy may be forged, and must not prevent the rest from being parsed.
struct ForwardingFields {
    /// The most hops that are read.
    static let hopLimit = 64

    private let headers: HTTPHeaders

    init(_ headers: HTTPHeaders) {
        self.headers = headers
    }

    /// Whether any proxy reports having forwarded the request (also RFC 9110, section 7.6.3).
    var areThere: Bool {
        ["forwarded", "x-forwarded-for", "via"].contains { self.headers.contains(name: $0) }
    }

    /// The client of a request sent by `peer`, which is trusted.
    func client(before peer: IPAddress, trusting proxies: TrustedProxies) -> ClientAddress {
        let hops = self.headers.contains(name: "x-forwarded-for") ? self.xForwardedFor : self.forwarded
        // A proxy that reports no client still has clients.
        guard !hops.isEmpty else { return .shared(peer) }
        var nearest = peer
        for hop in hops {
            guard case .address(let address) = hop else { return .shared(nearest) }
            guard proxies.contains(address) else { return .known(address) }
            nearest = address
        }
        // All hops are trusted: the request originated at the first.
        return hops.count < Self.hopLimit ? .known(nearest) : .shared(nearest)
    }

    /// The hops of `Forwarded`, the last one first.
    private var forwarded: [ForwardedNode] {
        self.hops(of: "forwarded") { ForwardedNode(element: $0) }
    }

    /// The hops of `X-Forwarded-For`, the last one first.
    private var xForwardedFor: [ForwardedNode] {
        self.hops(of: "x-forwarded-for") { ForwardedNode(text: $0) }
    }

    private func hops(of name: String, _ node: (Substring) -> ForwardedNode) -> [ForwardedNode] {
        var hops: [ForwardedNode] = []
        for line in self.headers[name].reversed() {
            var rest = Substring(line)
            while hops.count < Self.hopLimit, let element = FieldList.takeLast(from: &rest) {
                hops.append(node(element))
            }
        }
        return hops
    }
}
