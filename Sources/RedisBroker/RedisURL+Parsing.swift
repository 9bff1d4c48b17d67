// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

extension RedisURL {
    /// Redis' port where a URL names none.
    public static let defaultPort = 6379

    /// Reads a URL.
    ///
    /// - Throws: `RedisURLError`, which never holds a part of the text: any part may be a password that was not encoded.
    public init(_ text: String) throws(RedisURLError) {
        guard let schemeEnd = text.firstRange(of: "://") else { throw .noScheme }
        let rest = text[schemeEnd.upperBound...]
        guard !rest.contains("#") else { throw .fragment }
        let (hierarchy, query) = Self.split(rest, at: "?")
        let pathStart = hierarchy.firstIndex(of: "/") ?? hierarchy.endIndex
        let (credentials, host) = try Self.credentials(inAuthority: hierarchy[..<pathStart])
        self.credentials = credentials

        switch text[..<schemeEnd.lowerBound].lowercased() {
        case "redis", "rediss":
            self.address = try Self.address(host)
            self.database = try Self.database(hierarchy[pathStart...].dropFirst())
            self.tls = text[..<schemeEnd.lowerBound].lowercased() == "rediss" ? TLS() : nil
        case "unix":
            guard host.isEmpty else { throw .hostOfUnixSocket }
            guard let path = PercentEncoding.decode(hierarchy[pathStart...]) else { throw .percentEncoding }
            guard path.utf8.count > 1, !path.utf8.contains(0) else { throw .noPath }
            self.address = .unixSocket(path)
            self.database = 0
        default:
            throw .unknownScheme
        }
        try self.apply(query: query)
    }

    private mutating func apply(query: Substring) throws(RedisURLError) {
        for (name, value) in try Self.parameters(query) {
            if case .unixSocket = self.address {
                guard name == "db" else { throw .unknownParameter }
                self.database = try Self.database(value[...])
            } else {
                try Self.apply(name, value, to: &self.tls)
            }
        }
        try Self.check(self.tls)
    }

    /// The parameters of a query, decoded.
    static func parameters(_ query: Substring) throws(RedisURLError) -> [(name: Substring, value: String)] {
        var parameters: [(name: Substring, value: String)] = []
        for parameter in query.split(separator: "&") {
            let (name, encoded) = Self.split(parameter, at: "=")
            guard let value = PercentEncoding.decode(encoded) else { throw .percentEncoding }
            parameters.append((name, value))
        }
        return parameters
    }

    /// Takes a parameter that says how TLS is spoken.
    static func apply(_ name: Substring, _ value: String, to tls: inout TLS?) throws(RedisURLError) {
        guard tls != nil, !value.isEmpty else { throw .unknownParameter }
        switch name {
        case "ca": tls?.certificateAuthorityFile = value
        case "cert": tls?.certificateFile = value
        case "key": tls?.keyFile = value
        default: throw .unknownParameter
        }
    }

    /// Checks that the TLS parameters are consistent.
    static func check(_ tls: TLS?) throws(RedisURLError) {
        guard (tls?.certificateFile == nil) == (tls?.keyFile == nil) else { throw .certificateWithoutKey }
    }

    static func credentials(
        inAuthority authority: Substring
    ) throws(RedisURLError) -> (RedisCredentials?, host: Substring) {
        // The last one, so that a password with an "@" that was not encoded works.
        guard let end = authority.lastIndex(of: "@") else { return (nil, authority) }
        let host = authority[authority.index(after: end)...]
        let (encodedUser, encodedPassword) = Self.split(authority[..<end], at: ":")
        guard let user = PercentEncoding.decode(encodedUser), let password = PercentEncoding.decode(encodedPassword)
        else { throw .percentEncoding }
        if user.isEmpty && password.isEmpty { return (nil, host) }
        return (RedisCredentials(user: user.isEmpty ? nil : user, password: Secret(password)), host)
    }

    static func address(
        _ authority: Substring,
        defaultPort: Int = RedisURL.defaultPort
    ) throws(RedisURLError) -> Address {
        var encodedHost = authority
        var port: Substring?
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { throw .invalidHost }
            encodedHost = authority[..<end].dropFirst()
            let rest = authority[end...].dropFirst()
            guard rest.isEmpty || rest.hasPrefix(":") else { throw .invalidHost }
            port = rest.isEmpty ? nil : rest.dropFirst()
        } else if let colon = authority.firstIndex(of: ":") {
            encodedHost = authority[..<colon]
            port = authority[colon...].dropFirst()
        }
        guard let host = PercentEncoding.decode(encodedHost) else { throw .percentEncoding }
        guard !host.isEmpty, !host.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F }) else { throw .invalidHost }
        guard let port, !port.isEmpty else { return .host(host, port: defaultPort) }
        guard let number = Self.number(port), (1...65_535).contains(number) else { throw .invalidPort }
        return .host(host, port: number)
    }

    static func database(_ text: Substring) throws(RedisURLError) -> Int {
        if text.isEmpty { return 0 }
        guard let number = Self.number(text) else { throw .invalidDatabase }
        return number
    }

    /// Digits only, within Redis' `int`.
    private static func number(_ text: Substring) -> Int? {
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int32(text).map(Int.init)
    }

    static func split(_ text: Substring, at separator: Character) -> (Substring, Substring) {
        guard let index = text.firstIndex(of: separator) else { return (text, "") }
        return (text[..<index], text[text.index(after: index)...])
    }
}

/// What is wrong with the URL of Redis. The raw value is a stable name.
public enum RedisURLError: String, Error, CaseIterable {
    case noScheme = "no_scheme"
    case unknownScheme = "unknown_scheme"
    case invalidHost = "invalid_host"
    case invalidPort = "invalid_port"
    case invalidDatabase = "invalid_database"
    case hostOfUnixSocket = "host_of_unix_socket"
    case noPath = "no_path"
    case percentEncoding = "percent_encoding"
    case unknownParameter = "unknown_parameter"
    case fragment
    case certificateWithoutKey = "certificate_without_key"
    case noMaster = "no_master"
    case sameServer = "same_server"
    case databaseOfCluster = "database_of_cluster"
    case tooManyHosts = "too_many_hosts"
}

extension RedisURLError: CustomStringConvertible {
    /// A sentence that a user can act on. It repeats nothing of the URL.
    public var description: String {
        switch self {
        case .noScheme:
            "The Redis URL must begin with redis://, rediss://, unix://, redis+cluster:// or rediss+cluster://."
        case .unknownScheme:
            "The Redis URL's scheme must be redis, rediss (TLS), unix, redis+cluster or rediss+cluster (TLS)."
        case .invalidHost:
            "The Redis URL has no host, or one that is not valid: redis://host:6379/0; "
                + "a / or ? in a password must be percent-encoded (%2F, %3F)."
        case .invalidPort:
            "The Redis URL's port must be a number from 1 to 65535; a / or : in a password must be percent-encoded."
        case .invalidDatabase:
            "The Redis URL's database must be a number, as in redis://host:6379/0; "
                + "a / in a password must be percent-encoded (%2F)."
        case .hostOfUnixSocket: "A unix:// URL has no host: three slashes begin it, as in unix:///run/redis/redis.sock."
        case .noPath: "A unix:// URL needs the socket's path: unix:///run/redis/redis.sock."
        case .percentEncoding: "The Redis URL has a % that is not followed by two hexadecimal digits; write %25 for it."
        case .unknownParameter:
            "The Redis URL's query may have ca=FILE, cert=FILE and key=FILE for rediss://, db=NUMBER for unix://, and "
                + "sentinel-user and sentinel-password for redis+sentinel://; "
                + "a ? in a password must be percent-encoded (%3F)."
        case .databaseOfCluster: "A Redis Cluster has one database only: the Redis URL must end behind its hosts."
        case .tooManyHosts:
            "The Redis URL names more than \(RedisClusterURL.hostLimit) hosts; a few that are up are enough."
        case .fragment: "The Redis URL must have no #; in a password it must be percent-encoded (%23)."
        case .certificateWithoutKey: "The Redis URL's cert=FILE and key=FILE go together; give both or neither."
        case .noMaster:
            "A redis+sentinel:// URL needs the master's name, as sentinel monitor has it: "
                + "redis+sentinel://host1:26379,host2:26379/mymaster/0."
        case .sameServer: "The list names one of its servers twice."
        }
    }
}
