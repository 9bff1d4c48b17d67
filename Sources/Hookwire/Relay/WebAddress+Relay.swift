// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

extension WebAddress {
    /// What `--relay` has to be where it is no address at all, as a sentence.
    ///
    /// - Parameter text: what was given.
    static func relayMend(for text: String) -> String {
        let schemes = [("ws://", "http://"), ("wss://", "https://")]
        if let (scheme, right) = schemes.first(where: { text.lowercased().hasPrefix($0.0) }) {
            return "--relay takes the relay's own address, which begins with \(right) in place of \(scheme)."
        }
        return "--relay must be an address such as http://localhost:8080."
    }

    /// Why it is not the address of a relay, as a sentence; nil where it may be.
    ///
    /// A command adds the path and the query of what it asks for. Behind the address of a socket, `/ws` or `/ws/{secret}`,
    /// they would lead to the channel of the secret `ws`, or nowhere; and behind that of a webhook, `/webhook`,
    /// `/webhook/{platform}` or `/webhook/{platform}/{bot}`, nowhere.
    var relayFault: String? {
        let segments = self.prefix.split(separator: "/")
        let socket = segments.suffix(2).lastIndex(of: "ws")
        let route = socket ?? segments.suffix(3).lastIndex(of: "webhook")
        guard route != nil || self.query != nil else { return nil }
        let base = self.origin + segments[..<(route ?? segments.endIndex)].map { "/\($0)" }.joined()
        // What stands behind may be a secret.
        let isFollowed = route.map { $0 + 1 < segments.endIndex } ?? false
        var surplus = route.map { "/\(segments[$0])" } ?? ""
        if isFollowed { surplus += "/…" }
        if self.query != nil { surplus += "?…" }
        var reasons: [String] = []
        if route != nil { reasons.append("the socket's path is added") }
        if isFollowed || self.query != nil { reasons.append("the secret goes to --secret, a token to --token") }
        return "--relay takes the relay's address, \(base), without \(surplus): \(reasons.joined(separator: ", and "))."
    }
}
