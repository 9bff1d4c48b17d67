// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOHTTP1

/// What proxies say of the way that a request came: `Forwarded` (RFC 7239) and its forerunner `X-Forwarded-For`.
///
/// Where both are there, one may be the client's own: most proxies write the forerunner, and pass a `Forwarded` on as it came.
/// So the forerunner is believed.
///
/// Each proxy appends whom it had the request from, so that the fields are read from their end: what stands before the word
/// of the first proxy that is not trusted is anybody's invention, and must not even keep the rest from being read.
struct ForwardingFields {
    /// How many proxies' words are read at most.
    static let hopLimit = 64

    private let headers: HTTPHeaders

    init(_ headers: HTTPHeaders) {
        self.headers = headers
    }

    /// Whether some proxy says that it passed the request on (also RFC 9110, section 7.6.3).
    var areThere: Bool {
        ["forwarded", "x-forwarded-for", "via"].contains { self.headers.contains(name: $0) }
    }

    /// Where a request comes from that `peer`, which is trusted, has sent.
    func client(before peer: IPAddress, trusting proxies: TrustedProxies) -> ClientAddress {
        let hops = self.headers.contains(name: "x-forwarded-for") ? self.xForwardedFor : self.forwarded
        // A proxy that says nothing has clients all the same.
        guard !hops.isEmpty else { return .shared(peer) }
        var nearest = peer
        for hop in hops {
            guard case .address(let address) = hop else { return .shared(nearest) }
            guard proxies.contains(address) else { return .known(address) }
            nearest = address
        }
        // All of them are trusted: the request began at the first.
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
