// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

extension WebAddress {
    /// Why it is not the address of a relay, as a sentence; nil where it may be.
    ///
    /// A command adds the path and the query of what it asks for. Behind the address of a socket, `/ws` or `/ws/{secret}`,
    /// they would lead to the channel of the secret `ws`, or nowhere.
    var relayFault: String? {
        let segments = self.prefix.split(separator: "/")
        let socket = segments.suffix(2).lastIndex(of: "ws")
        guard socket != nil || self.query != nil else { return nil }
        let base = self.origin + segments[..<(socket ?? segments.endIndex)].map { "/\($0)" }.joined()
        // What stands behind may be a secret.
        let isFollowed = socket.map { $0 + 1 < segments.endIndex } ?? false
        var surplus = ""
        if socket != nil { surplus += isFollowed ? "/ws/…" : "/ws" }
        if self.query != nil { surplus += "?…" }
        var reasons: [String] = []
        if socket != nil { reasons.append("the socket's path is added") }
        if isFollowed || self.query != nil { reasons.append("the secret goes to --secret, a token to --token") }
        return "--relay takes the relay's address, \(base), without \(surplus): \(reasons.joined(separator: ", and "))."
    }
}
