// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// The parts of the base URL that requests are passed on to.
struct QQUpstreamAddress: Sendable, Equatable {
    var isTLS: Bool
    /// A name or an address, without brackets.
    var host: String
    var port: Int
    /// What goes before a request's path: empty, or with a slash before it and none behind.
    var path: String

    /// - Parameter url: with a scheme, `http` or `https`, and without a slash at the end.
    /// - Returns: nil where it is no such URL.
    init?(_ url: String) {
        guard let scheme = ["http://", "https://"].first(where: { url.hasPrefix($0) }) else { return nil }
        self.isTLS = scheme == "https://"
        let rest = url.dropFirst(scheme.count)
        let authority = rest.prefix { $0 != "/" }
        self.path = String(rest.dropFirst(authority.count))
        var port = Substring()
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { return nil }
            self.host = String(authority[authority.index(after: authority.startIndex)..<end])
            port = authority[authority.index(after: end)...]
        } else {
            let host = authority.prefix { $0 != ":" }
            self.host = String(host)
            port = authority.dropFirst(host.count)
        }
        guard !self.host.isEmpty else { return nil }
        if port.isEmpty {
            self.port = self.isTLS ? 443 : 80
        } else {
            guard port.hasPrefix(":"), let number = UInt16(port.dropFirst()) else { return nil }
            self.port = Int(number)
        }
    }

    /// The `Host` of a request to it (RFC 9110, section 7.2).
    var hostField: String {
        let name = self.host.contains(":") ? "[\(self.host)]" : self.host
        return self.port == (self.isTLS ? 443 : 80) ? name : "\(name):\(self.port)"
    }
}
