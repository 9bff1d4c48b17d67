// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import Shared

/// Where Redis is and how to log in:
/// `redis://[user[:password]@]host[:port][/database]`, `rediss://…[?ca=FILE][&cert=FILE&key=FILE]` for TLS,
/// `unix://[user[:password]@]/path[?db=database]`.
///
/// Users, passwords, hosts and paths are percent-decoded. However it is printed, the password is not shown.
public struct RedisURL: Hashable, Sendable {
    /// Where the server listens.
    public enum Address: Hashable, Sendable {
        /// A name or an IP address, and a port.
        case host(String, port: Int)
        /// The path of a Unix domain socket.
        case unixSocket(String)
    }

    /// How TLS is spoken: always with the server's certificate and name verified.
    public struct TLS: Hashable, Sendable {
        /// A file of PEM certificates to trust in place of the system's; nil for the system's.
        public var certificateAuthorityFile: String?
        /// A file of the client's own certificate, with those that it rests on behind it, in PEM; nil for none.
        public var certificateFile: String?
        /// A file of that certificate's private key, in PEM, not encrypted.
        public var keyFile: String?
    }

    /// Where the server listens.
    public var address: Address
    /// Nil where the server wants no password.
    public var credentials: RedisCredentials?
    /// The database's number, 0 by default.
    public var database: Int
    /// Nil for a connection in the clear.
    public var tls: TLS?
}

/// The credentials of a connection.
public struct RedisCredentials: Hashable, Sendable {
    /// The ACL user; nil for the default user, by password alone.
    public var user: String?
    /// The password; empty where a user needs none.
    public var password: Secret
}

extension RedisURL: CustomStringConvertible {
    /// The URL without user and password.
    public var description: String {
        switch self.address {
        case .host:
            let scheme = self.tls == nil ? "redis" : "rediss"
            return "\(scheme)://\(self.address)/\(self.database)"
        case .unixSocket(let path):
            return "unix://\(path)?db=\(self.database)"
        }
    }
}

extension RedisURL: CustomDebugStringConvertible {
    public var debugDescription: String { self.description }
}

extension RedisURL.Address: CustomStringConvertible {
    /// Host and port, or the path.
    public var description: String {
        switch self {
        case .host(let host, let port): "\(host.contains(":") ? "[\(host)]" : PercentEncoding.encode(host)):\(port)"
        case .unixSocket(let path): path
        }
    }
}
