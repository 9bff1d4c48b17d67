// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Where a node of a Redis Cluster listens.
public struct ClusterEndpoint: Hashable, Sendable {
    /// A name or an IP address.
    public var host: String
    public var port: Int

    public init(host: String, port: Int) {
        self.host = host
        self.port = port
    }
}

extension ClusterEndpoint {
    /// Reads an endpoint as a cluster's node names it.
    ///
    /// - Parameters:
    ///   - host: nil, empty and `?` mean the host that was asked: behind NAT a node does not know its own name
    ///     (redis.io, "CLUSTER SLOTS").
    ///   - asked: who said it.
    init?(host: String?, port: Int, asked: ClusterEndpoint) {
        guard (1...65_535).contains(port), (host?.utf8.count ?? 0) <= 255 else { return nil }
        let host = host.flatMap { $0.isEmpty || $0 == "?" ? nil : $0 } ?? asked.host
        self.init(host: host, port: port)
    }

    /// Reads `host:port` of a redirection. An IPv6 address has colons of its own.
    init?(redirection text: Substring, asked: ClusterEndpoint) {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]) else { return nil }
        self.init(host: String(text[..<colon]), port: port, asked: asked)
    }
}

extension ClusterEndpoint: CustomStringConvertible {
    public var description: String {
        self.host.contains(":") ? "[\(self.host)]:\(self.port)" : "\(self.host):\(self.port)"
    }
}
