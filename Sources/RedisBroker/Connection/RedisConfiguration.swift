// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOSSL

/// How to connect to Redis, and the time-outs. Every default is meant for a Redis in the same network.
public struct RedisConfiguration: Sendable {
    /// Where Redis is, and how to log in.
    public internal(set) var url: RedisURL
    /// The sentinels that provide Redis' address; nil if the URL has it.
    let sentinel: SentinelURL?
    /// What answers there.
    var role = RedisRole.primary
    /// What `CLIENT LIST` shows, followed by what the connection is for. No spaces. Default `hookwire`.
    var clientName = "hookwire"
    /// How long making a connection may take, and again how long its first commands may take. Default 2 s.
    var connectTimeout = TimeAmount.seconds(2)
    /// How long a command connection may be silent while a command is unanswered; then it is closed. A large command
    /// gets the time that its bytes take at 128 KiB/s, up to `slowCommandTimeout`. Default 1 s.
    var commandTimeout = TimeAmount.seconds(1)
    /// How long a command may go unanswered while bytes arrive, of earlier replies or its own. Then it fails, unless it
    /// is patient. Default 10 s.
    var slowCommandTimeout = TimeAmount.seconds(10)
    /// How often a command connection that has nothing to do is pinged. Together with `pingTimeout` it bounds the time
    /// until the health turns red. Default 500 ms.
    var pingInterval = TimeAmount.milliseconds(500)
    /// How long a command connection may be silent with a reply outstanding until it counts as stalled.
    /// Default 1 s.
    var pingTimeout = TimeAmount.seconds(1)
    /// How often the subscription connection is pinged. Default 15 s.
    var keepAliveInterval = TimeAmount.seconds(15)
    /// How long the subscription connection may be silent with a reply outstanding. Default 2 s.
    var keepAliveTimeout = TimeAmount.seconds(2)
    /// The longest wait before the second attempt to connect. Default 50 ms.
    var firstBackoff = TimeAmount.milliseconds(50)
    /// The longest wait between attempts. Default 2 s.
    var maximumBackoff = TimeAmount.seconds(2)
    /// How many commands may wait for their replies on one connection. Default 10,000.
    var maximumPendingCommands = 10_000
    /// How many bytes of commands may wait for their replies on one connection. Default 64 MiB.
    var maximumPendingBytes = 64 << 20
    /// How many channels one SUBSCRIBE or UNSUBSCRIBE names at most. Default 512.
    var subscriptionBatch = 512
    /// How many replicas must have an event before it counts as stored; nil to rely on the primary alone. Default nil.
    var wait: RedisWait?
    /// The limits of a reply.
    var limits = RESPLimits()

    /// For a cluster: the seed nodes.
    var seeds: [ClusterEndpoint] = []
    /// Present for a node of a cluster: which one it is.
    var clusterNode: ClusterEndpoint?
    /// Present where the URL asks for TLS.
    let tlsContext: NIOSSLContext?

    /// - Throws: `RedisConfigurationError` when the certificates that the URL names cannot be read. This reads files.
    public init(url: RedisURL) throws(RedisConfigurationError) {
        self.url = url
        self.sentinel = nil
        self.tlsContext = try Self.context(url.tls)
    }

    /// The same for a Redis found through sentinels.
    init(sentinel: SentinelURL) throws(RedisConfigurationError) {
        self.url = sentinel.server
        self.sentinel = sentinel
        self.tlsContext = try Self.context(sentinel.server.tls)
    }

    /// The display name of the Redis.
    var name: String {
        if !self.seeds.isEmpty { return RedisClusterURL.description(of: self.seeds, isEncrypted: self.url.tls != nil) }
        return self.sentinel?.description ?? self.url.description
    }

    private static func context(_ tls: RedisURL.TLS?) throws(RedisConfigurationError) -> NIOSSLContext? {
        guard let tls else { return nil }
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        if let file = tls.certificateAuthorityFile { configuration.trustRoots = .file(file) }
        if let file = tls.certificateFile, let keyFile = tls.keyFile {
            do {
                configuration.certificateChain = try NIOSSLCertificate.fromPEMFile(file).map { .certificate($0) }
                configuration.privateKey = .privateKey(try NIOSSLPrivateKey(file: keyFile, format: .pem))
            } catch {
                throw .clientCertificate(file: file, key: keyFile)
            }
        }
        do {
            return try NIOSSLContext(configuration: configuration)
        } catch {
            if let file = tls.certificateFile, let key = tls.keyFile,
                Self.canBeTrusted(tls.certificateAuthorityFile)
            {
                throw .clientCertificate(file: file, key: key)
            }
            throw .certificateAuthorities(file: tls.certificateAuthorityFile)
        }
    }

    /// Whether the trusted certificates can be loaded.
    private static func canBeTrusted(_ file: String?) -> Bool {
        var configuration = TLSConfiguration.makeClientConfiguration()
        if let file { configuration.trustRoots = .file(file) }
        return (try? NIOSSLContext(configuration: configuration)) != nil
    }
}

/// The kind of server that a connection leads to.
enum RedisRole: Sendable {
    /// A Redis that takes writes.
    case primary
    /// A process that watches Redis and tells where the primary is.
    case sentinel
    /// Any node of a cluster, to be asked for the slots.
    case clusterNode
}

/// Why a configuration cannot be used.
public enum RedisConfigurationError: Error, Hashable {
    /// The certificates to trust cannot be read.
    case certificateAuthorities(file: String?)
    /// The client's own certificate or its key cannot be read, or they do not belong together.
    case clientCertificate(file: String, key: String)
}

extension RedisConfigurationError: CustomStringConvertible {
    /// A sentence that a user can act on.
    public var description: String {
        switch self {
        case .certificateAuthorities(let file?):
            "The CA file of the Redis URL, \(file), cannot be read; it must hold certificates in PEM."
        case .certificateAuthorities(nil):
            "The system's CA certificates cannot be read; install them or name a file with ?ca=FILE in the Redis URL."
        case .clientCertificate(let file, let key):
            "The client certificate of the Redis URL, \(file), and its key, \(key), cannot be used; they must be PEM, "
                + "the key without a password, and belong together."
        }
    }
}
