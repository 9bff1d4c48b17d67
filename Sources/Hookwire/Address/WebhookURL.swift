// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// An address for HTTP, taken apart (RFC 3986): `https://host:port/path?query`.
struct WebhookURL: Sendable, Equatable {
    enum Scheme: String, Sendable {
        case http
        case https

        var defaultPort: Int { self == .http ? 80 : 443 }
    }

    let scheme: Scheme
    /// A name, or an address without brackets.
    let host: String
    let port: Int
    /// Begins with a slash, or is empty where the address has none.
    let path: String
    /// Without the question mark, as it was encoded.
    let query: String

    /// Reads an address; nil where it is none of HTTP, has a user's name in it, or what would have to be encoded.
    init?(_ text: String) {
        guard let separator = text.firstRange(of: "://"),
            let scheme = Scheme(rawValue: text[..<separator.lowerBound].lowercased()),
            text.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { return nil }
        var rest = text[separator.upperBound...]
        if let fragment = rest.firstIndex(of: "#") { rest = rest[..<fragment] }
        let authorityEnd = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        guard let (host, port) = Self.hostAndPort(rest[..<authorityEnd], defaultPort: scheme.defaultPort) else {
            return nil
        }
        let target = rest[authorityEnd...]
        let mark = target.firstIndex(of: "?") ?? target.endIndex
        self.scheme = scheme
        self.host = host
        self.port = port
        self.path = String(target[..<mark])
        self.query = String(target[mark...].dropFirst())
    }

    private init(scheme: Scheme, host: String, port: Int, path: String, query: String) {
        self.scheme = scheme
        self.host = host
        self.port = port
        self.path = path
        self.query = query
    }

    /// Reads `host`, `host:port`, `[address]:port`; nil for anything else.
    static func hostAndPort(_ authority: Substring, defaultPort: Int?) -> (String, Int)? {
        var host = authority
        var port = defaultPort
        if let colon = authority.lastIndex(of: ":"), !authority[colon...].contains("]") {
            guard let number = Int(authority[authority.index(after: colon)...]), (1...65_535).contains(number) else {
                return nil
            }
            host = authority[..<colon]
            port = number
        }
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard let port, !host.isEmpty, !host.contains(where: { "@[]/\\".contains($0) }) else { return nil }
        return (String(host), port)
    }

    /// Another place on the same host.
    func with(path: String, query: String) -> WebhookURL {
        WebhookURL(scheme: self.scheme, host: self.host, port: self.port, path: path, query: query)
    }

    var parameters: QueryParameters { QueryParameters(encoded: self.query[...]) }

    /// What the `Host` field says.
    var authority: String {
        let host = self.host.contains(":") ? "[\(self.host)]" : self.host
        return self.port == self.scheme.defaultPort ? host : "\(host):\(self.port)"
    }

    var origin: String { "\(self.scheme.rawValue)://\(self.authority)" }

    /// What the request line says, with more parameters at its end.
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
