// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// The address of an HTTP server, as a person writes it: `https://relay.example.com/hookwire`.
struct WebAddress: Equatable, Sendable {
    let isTLS: Bool
    /// A name or an IP address, without brackets.
    let host: String
    let port: Int
    /// As it was given; empty where there is none.
    let path: String
    /// Without the question mark; nil where there is none.
    let query: String?

    /// Reads an address; nil for what is none, or has a user, a fragment or characters that need encoding.
    init?(_ text: String) {
        let schemes = [("http://", false), ("https://", true)]
        guard let (prefix, isTLS) = schemes.first(where: { text.lowercased().hasPrefix($0.0) }),
            text.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "#") })
        else { return nil }
        let rest = text.dropFirst(prefix.count)
        let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        guard let (host, port) = Self.hostAndPort(rest[..<end]) else { return nil }
        let target = rest[end...]
        let question = target.firstIndex(of: "?")
        self.isTLS = isTLS
        self.host = host
        self.port = port ?? (isTLS ? 443 : 80)
        self.path = String(target[..<(question ?? target.endIndex)])
        self.query = question.map { String(target[target.index(after: $0)...]) }
    }

    /// Reads `host`, `host:port` and `[address]:port`; nil for anything else.
    static func hostAndPort(_ authority: Substring) -> (String, Int?)? {
        var host = authority
        var port: Int?
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
        return host.isEmpty || host.contains(where: { "@[]\\".contains($0) }) ? nil : (String(host), port)
    }

    /// The path without slashes at its end, so that another can follow.
    var prefix: String {
        var prefix = self.path[...]
        while prefix.hasSuffix("/") { prefix.removeLast() }
        return String(prefix)
    }

    /// What a `Host` field says (RFC 9110, section 7.2).
    var authority: String {
        let name = self.host.contains(":") ? "[\(self.host)]" : self.host
        return self.port == (self.isTLS ? 443 : 80) ? name : "\(name):\(self.port)"
    }

    /// Scheme, host and port.
    var origin: String { "\(self.isTLS ? "https" : "http")://\(self.authority)" }

    /// Where it leads, for a person.
    var description: String { self.origin + self.path }
}
