// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// What `--redis-url` names: where the Redis are that a relay works with.
public enum RedisDeployment: Hashable, Sendable {
    /// One Redis, or several that know nothing of each other, in the order that all nodes name them in.
    case servers([RedisURL])
    /// One Redis found through sentinels.
    case sentinel(SentinelURL)
    /// A Redis Cluster.
    case cluster(RedisClusterURL)
}

extension RedisDeployment {
    /// Reads what a user wrote: a URL, or a list of whole URLs with commas between them.
    ///
    /// - Throws: `RedisURLError`, which never holds a part of the text.
    public init(_ text: String) throws(RedisURLError) {
        switch text.prefix(while: { $0 != ":" }).lowercased() {
        case "redis+sentinel", "rediss+sentinel":
            self = .sentinel(try SentinelURL(text))
        case "redis+cluster", "rediss+cluster":
            self = .cluster(try RedisClusterURL(text))
        default:
            var urls: [RedisURL] = []
            for text in Self.list(text) { urls.append(try RedisURL(String(text))) }
            guard Set(urls.map(\.address)).count == urls.count else { throw .sameServer }
            self = .servers(urls)
        }
    }

    /// The parts of a list. A comma ends a URL only where the next one begins: it may stand in a password, too.
    private static func list(_ text: String) -> [Substring] {
        var parts: [Substring] = []
        var start = text.startIndex
        for comma in text.indices where text[comma] == "," {
            let next = text.index(after: comma)
            let scheme = text[next...].prefix { $0 != ":" && $0 != "," }.lowercased()
            guard ["redis", "rediss", "unix"].contains(scheme), text[next...].dropFirst(scheme.count).hasPrefix("://")
            else { continue }
            parts.append(text[start..<comma])
            start = next
        }
        return parts + [text[start...]]
    }

    /// How each Redis is reached: one for each, at least one.
    ///
    /// - Throws: `RedisConfigurationError` where a file that is named cannot be used. This reads files.
    func configurations() throws(RedisConfigurationError) -> [RedisConfiguration] {
        switch self {
        case .servers(let urls):
            var configurations: [RedisConfiguration] = []
            for url in urls { configurations.append(try RedisConfiguration(url: url)) }
            return configurations
        case .sentinel(let url):
            return [try RedisConfiguration(sentinel: url)]
        case .cluster(let url):
            return [try RedisConfiguration(cluster: url)]
        }
    }
}

extension RedisDeployment: CustomStringConvertible, CustomDebugStringConvertible {
    /// The URLs without users and passwords.
    public var description: String {
        switch self {
        case .servers(let urls): urls.map(\.description).joined(separator: ",")
        case .sentinel(let url): url.description
        case .cluster(let url): url.description
        }
    }

    public var debugDescription: String { self.description }
}
