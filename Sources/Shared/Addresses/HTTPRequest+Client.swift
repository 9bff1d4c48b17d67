// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

extension HTTPRequest {
    /// The client's address: the peer's, or the one that trusted proxies report. Computed on each access, so that a
    /// request that does not need it pays nothing.
    public var clientAddress: ClientAddress {
        guard let peer = self.remoteAddress.flatMap({ IPAddress($0) }) else { return .shared(nil) }
        let fields = ForwardingFields(self.headers)
        if let proxies = self.proxies, proxies.contains(peer) {
            return fields.client(before: peer, trusting: proxies)
        }
        // Internet clients can forge these fields. But a request that has them and comes from this machine or a private
        // network comes from a proxy, whose clients all share one address.
        let isNear = IPNetwork.loopback.contains(peer) || IPNetwork.private.contains(peer)
        return isNear && fields.areThere ? .shared(peer) : .known(peer)
    }
}
