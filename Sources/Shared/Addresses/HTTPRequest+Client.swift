// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

extension HTTPRequest {
    /// Where the client is: where its connection comes from, or where trusted proxies say that it is. Worked out anew each
    /// time: a request that nobody asks costs nothing.
    public var clientAddress: ClientAddress {
        guard let peer = self.remoteAddress.flatMap({ IPAddress($0) }) else { return .shared(nil) }
        let fields = ForwardingFields(self.headers)
        if let proxies = self.proxies, proxies.contains(peer) {
            return fields.client(before: peer, trusting: proxies)
        }
        // Clients on the Internet may write into these fields what they like; what comes from this machine or the network next
        // to it with them comes from a proxy, of which all clients would have one address.
        let isNear = IPNetwork.loopback.contains(peer) || IPNetwork.private.contains(peer)
        return isNear && fields.areThere ? .shared(peer) : .known(peer)
    }
}
