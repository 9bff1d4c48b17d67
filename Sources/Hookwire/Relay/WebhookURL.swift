// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// Where a platform posts its events, with what was entered there in its query: the whole of it is a secret.
struct WebhookURL: Sendable, Equatable {
    private let address: WebAddress
    /// Begins with a slash, or is empty where the address has none.
    let path: String
    /// Without the question mark, as it was encoded.
    let query: String

    /// Parses a URL; nil if invalid. A fragment is dropped.
    init?(_ text: String) {
        guard let address = WebAddress(String(text.prefix { $0 != "#" })) else { return nil }
        self.init(address: address, path: address.path, query: address.query ?? "")
    }

    private init(address: WebAddress, path: String, query: String) {
        self.address = address
        self.path = path
        self.query = query
    }

    /// Another place on the same host.
    func with(path: String, query: String) -> WebhookURL {
        WebhookURL(address: self.address, path: path, query: query)
    }

    var isTLS: Bool { self.address.isTLS }

    /// What stands before the paths of a relay whose address this is, without a slash at its end; nil where it is the
    /// address of a webhook itself: it has a path, and a query or our word for it in that path.
    var relayPrefix: String? {
        if ["", "/"].contains(self.path) { return "" }
        guard self.query.isEmpty, !self.path.split(separator: "/").contains("webhook") else { return nil }
        return self.address.prefix
    }

    /// A name, or an IP address without brackets.
    var host: String { self.address.host }

    var port: Int { self.address.port }

    /// What the `Host` field says.
    var authority: String { self.address.authority }

    /// Scheme, host and port.
    var origin: String { self.address.origin }

    var parameters: QueryParameters { QueryParameters(encoded: self.query[...]) }

    /// The request target, with more parameters appended.
    func target(adding parameters: [(name: String, value: String)] = []) -> String {
        let added = parameters.map { "\(PercentEncoding.encode($0.name))=\(PercentEncoding.encode($0.value))" }
        let query = ([self.query] + added).filter { !$0.isEmpty }.joined(separator: "&")
        return (self.path.isEmpty ? "/" : self.path) + (query.isEmpty ? "" : "?\(query)")
    }

    /// The address for people's eyes: the query, in which secrets are, shows its names only.
    var redacted: String {
        let names = self.query.split(separator: "&").map { pair in
            pair.firstIndex(of: "=").map { "\(pair[..<$0])=…" } ?? "…"
        }
        return self.origin + self.path + (names.isEmpty ? "" : "?" + names.joined(separator: "&"))
    }
}
