// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// A Redis found through sentinels:
/// `redis+sentinel://[user[:password]@]host[:port][,host[:port]…]/master[/database]`, `rediss+sentinel://…` for TLS, to
/// the sentinels and to Redis.
///
/// User and password are Redis' own; those of the sentinels are the parameters `sentinel-user` and `sentinel-password`.
/// `ca`, `cert` and `key` are those of `rediss://`. However it is printed, no password is shown.
public struct SentinelURL: Hashable, Sendable {
    /// A sentinel's port where a URL names none.
    public static let defaultPort = 26_379

    /// The sentinels, at least one, as URLs of their own.
    public let sentinels: [RedisURL]
    /// The sentinels' name of the Redis: the one in `sentinel monitor`.
    public let master: String
    /// How to log in to the Redis, and its database. Its address is the first sentinel's, and means nothing.
    let server: RedisURL

    /// Reads a URL.
    ///
    /// - Throws: `RedisURLError`, which never holds a part of the text.
    public init(_ text: String) throws(RedisURLError) {
        guard let schemeEnd = text.firstRange(of: "://") else { throw .noScheme }
        let scheme = text[..<schemeEnd.lowerBound].lowercased()
        let rest = text[schemeEnd.upperBound...]
        guard !rest.contains("#") else { throw .fragment }
        let (hierarchy, query) = RedisURL.split(rest, at: "?")
        let (authority, path) = RedisURL.split(hierarchy, at: "/")
        let (credentials, hosts) = try RedisURL.credentials(inAuthority: authority)
        let (encodedMaster, database) = RedisURL.split(path, at: "/")
        guard let master = PercentEncoding.decode(encodedMaster) else { throw .percentEncoding }
        guard !master.isEmpty, !master.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F }) else { throw .noMaster }
        self.master = master

        var tls = scheme == "rediss+sentinel" ? RedisURL.TLS() : nil
        var user: String?
        var password = ""
        for (name, value) in try RedisURL.parameters(query) {
            switch name {
            case "sentinel-user": user = value
            case "sentinel-password": password = value
            default: try RedisURL.apply(name, value, to: &tls)
            }
        }
        try RedisURL.check(tls)
        let own = user == nil && password.isEmpty ? nil : RedisCredentials(user: user, password: Secret(password))
        var sentinels: [RedisURL] = []
        for host in hosts.split(separator: ",", omittingEmptySubsequences: false) {
            let address = try RedisURL.address(host, defaultPort: Self.defaultPort)
            sentinels.append(RedisURL(address: address, credentials: own, database: 0, tls: tls))
        }
        guard let first = sentinels.first else { throw .invalidHost }
        // Each has one vote.
        guard Set(sentinels.map(\.address)).count == sentinels.count else { throw .sameServer }
        self.sentinels = sentinels
        self.server = RedisURL(
            address: first.address,
            credentials: credentials,
            database: try RedisURL.database(database),
            tls: tls
        )
    }
}

extension SentinelURL: CustomStringConvertible, CustomDebugStringConvertible {
    /// The URL without users and passwords.
    public var description: String {
        let scheme = self.server.tls == nil ? "redis" : "rediss"
        let hosts = self.sentinels.map(\.address.description).joined(separator: ",")
        return "\(scheme)+sentinel://\(hosts)/\(PercentEncoding.encode(self.master))/\(self.server.database)"
    }

    public var debugDescription: String { self.description }
}
