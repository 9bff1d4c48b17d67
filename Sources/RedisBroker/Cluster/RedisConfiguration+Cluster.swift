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
}
