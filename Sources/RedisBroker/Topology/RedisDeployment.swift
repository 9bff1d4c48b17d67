// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// What Redis the nodes of a relay meet in, as the scheme of `--redis-url` tells.
public enum RedisDeployment: Hashable, Sendable {
    /// One Redis.
    case servers([RedisURL])
    /// A Redis Cluster.
    case cluster(RedisClusterURL)
}

extension RedisDeployment {
    /// Reads a URL.
    ///
    /// - Throws: `RedisURLError`, which never holds a part of the text.
    public init(_ text: String) throws(RedisURLError) {
        if RedisClusterURL.isOne(text) {
            self = .cluster(try RedisClusterURL(text))
        } else {
            self = .servers([try RedisURL(text)])
        }
    }
}

extension RedisDeployment: CustomStringConvertible {
    /// The URLs without users and passwords.
    public var description: String {
        switch self {
        case .servers(let urls): urls.map(\.description).joined(separator: ",")
        case .cluster(let url): "\(url)"
        }
    }
}

extension RedisDeployment: CustomDebugStringConvertible {
    public var debugDescription: String { self.description }
}
