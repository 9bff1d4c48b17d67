// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

extension RedisConfiguration {
    /// How the nodes of a cluster are reached.
    ///
    /// - Throws: `RedisConfigurationError` when the certificates that the URL names cannot be read. This reads files.
    public init(cluster: RedisClusterURL) throws(RedisConfigurationError) {
        try self.init(url: cluster.servers[0])
        self.seeds = cluster.seeds
    }

    /// How what a URL names is reached.
    ///
    /// - Throws: `RedisConfigurationError` when the certificates that the URL names cannot be read. This reads files.
    public init(_ deployment: RedisDeployment) throws(RedisConfigurationError) {
        switch deployment {
        case .servers(let urls): try self.init(url: urls[0])
        case .cluster(let url): try self.init(cluster: url)
        }
    }

    /// What is shown to people: no user, no password.
    var name: String {
        guard !self.seeds.isEmpty else { return "\(self.url)" }
        let scheme = self.url.tls == nil ? "redis+cluster" : "rediss+cluster"
        return "\(scheme)://\(self.seeds.map(\.description).joined(separator: ","))"
    }
}
