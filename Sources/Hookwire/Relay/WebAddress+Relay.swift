// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

extension WebAddress {
    /// Why it is not the address of a relay, as a sentence; nil where it may be.
    ///
    /// A command adds the path and the query of what it asks for. Behind the address of a socket, they would lead to the
    /// channel of the secret `ws`.
    var relayFault: String? {
        let isSocket = self.prefix.hasSuffix("/ws")
        guard isSocket || self.query != nil else { return nil }
        let path = isSocket ? String(self.prefix.dropLast(3)) : self.prefix
        let base = self.origin + path
        let surplus = (isSocket ? "/ws" : "") + (self.query == nil ? "" : "?…")
        var reasons: [String] = []
        if isSocket { reasons.append("the socket's path is added") }
        if self.query != nil { reasons.append("the secret goes to --secret, a token to --token") }
        return "--relay takes the relay's address, \(base), without \(surplus): \(reasons.joined(separator: ", and "))."
    }
}
