// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Where a Redis Cluster is and how to log in:
/// `redis+cluster://[user[:password]@]host[:port][,host[:port]…]`, `rediss+cluster://…[?ca=FILE]` for TLS.
///
/// The hosts are some of its nodes, of which one that answers is enough to find the others; all nodes take the same user
/// and password. A cluster has one database only. However it is printed, the password is not shown.
public struct RedisClusterURL: Hashable, Sendable {
    /// How many hosts a URL names, at most.
    public static let hostLimit = 100

    /// How each of the hosts is reached, in the order of the URL; at least one.
    public let servers: [RedisURL]

    /// Reads a URL.
    ///
    /// - Throws: `RedisURLError`, which never holds a part of the text.
    public init(_ text: String) throws(RedisURLError) {
        guard let schemeEnd = text.firstRange(of: "://") else { throw .noScheme }
        let scheme: String
        switch Self.scheme(of: text) {
        case "redis+cluster": scheme = "redis"
        case "rediss+cluster": scheme = "rediss"
        default: throw .unknownScheme
        }
        let rest = text[schemeEnd.upperBound...]
        let hierarchyEnd = rest.firstIndex { "?#".contains($0) } ?? rest.endIndex
        let hierarchy = rest[..<hierarchyEnd]
        let authorityEnd = hierarchy.firstIndex(of: "/") ?? hierarchy.endIndex
        guard ["", "/", "/0"].contains(hierarchy[authorityEnd...]) else { throw .databaseOfCluster }
        let authority = hierarchy[..<authorityEnd]
        // The last one, so that a password with an "@" that was not encoded works.
        let hostsStart = authority.lastIndex(of: "@").map { authority.index(after: $0) } ?? authority.startIndex
        let hosts = authority[hostsStart...].split(separator: ",", omittingEmptySubsequences: false)
        guard hosts.count <= Self.hostLimit else { throw .tooManyHosts }
        var servers: [RedisURL] = []
        for host in hosts {
            servers.append(try RedisURL("\(scheme)://\(authority[..<hostsStart])\(host)\(rest[hierarchyEnd...])"))
        }
        self.servers = servers
    }

    private static func scheme(of text: String) -> String? {
        text.firstRange(of: "://").map { text[..<$0.lowerBound].lowercased() }
    }

    /// Where the first questions go.
    var seeds: [ClusterEndpoint] {
        self.servers.compactMap { server in
            guard case .host(let host, let port) = server.address else { return nil }
            return ClusterEndpoint(host: host, port: port)
        }
    }
}

extension RedisClusterURL: CustomStringConvertible {
    /// The URL without user and password.
    public var description: String {
        Self.description(of: self.seeds, isEncrypted: self.servers.first?.tls != nil)
    }
}

extension RedisClusterURL {
    static func description(of seeds: [ClusterEndpoint], isEncrypted: Bool) -> String {
        "redis\(isEncrypted ? "s" : "")+cluster://\(seeds.map(\.description).joined(separator: ","))"
    }
}

extension RedisClusterURL: CustomDebugStringConvertible {
    public var debugDescription: String { self.description }
}
