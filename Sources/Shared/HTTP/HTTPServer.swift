// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import Logging
public import NIOCore
internal import NIOExtras
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL

/// An HTTP/1.1 server, used by both tiers, whose routes may also upgrade the connection.
///
/// Every event loop has its own router, so that its routes' state is confined to the loop and needs no lock.
public final class HTTPServer: Sendable {
    /// Creates an event loop's router; called once per loop, on it.
    public typealias MakeRouter = @Sendable (any EventLoop) throws -> Router

    private let channel: any Channel
    private let quiescing: ServerQuiescingHelper
    private let group: any EventLoopGroup

    /// The address that the server listens on, with the actual port where port 0 was requested.
    public let localAddress: SocketAddress

    /// Binds the address and begins to serve.
    ///
    /// - Parameters:
    ///   - host: a name or an address, `0.0.0.0` or `::` for all.
    ///   - port: 0 takes a free one.
    ///   - tls: what to serve HTTPS with; nil serves plain HTTP.
    ///   - proxies: who is trusted to report a client's address, in header fields and by the PROXY protocol.
    ///   - logger: for violations of the PROXY protocol and failed TLS handshakes.
    /// - Throws: the system's error where the address cannot be bound.
    public static func start(
        host: String,
        port: Int,
        limits: HTTPLimits,
        tls: ServerTLS?,
        proxies: TrustedProxies = .none,
        logger: Logger? = nil,
        group: any EventLoopGroup,
        makeRouter: @escaping MakeRouter
    ) async throws -> HTTPServer {
        var loops: [ObjectIdentifier: NIOLoopBound<HTTPLoop>] = [:]
        for eventLoop in group.makeIterator() {
            loops[ObjectIdentifier(eventLoop)] = try await eventLoop.submit {
                NIOLoopBound(
                    HTTPLoop(router: try makeRouter(eventLoop), limits: limits, proxies: proxies, logger: logger),
                    eventLoop: eventLoop
                )
            }.get()
        }
        let quiescing = ServerQuiescingHelper(group: group)
        let channel = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 4_096)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(AcceptPause())
                    try pipeline.addHandler(quiescing.makeServerChannelHandler(channel: channel))
                }
            }
            // Responses and frames are sent when flushed; batching is done above.
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            // A peer that has closed its side may still be owed a response.
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            // Interleaves the reads of a peer that sends continuously with those of others.
            .childChannelOption(.maxMessagesPerRead, value: 1)
            // An idle socket keeps its receive buffer: start small, grow with incoming bodies.
            .childChannelOption(.recvAllocator, value: ReceiveAllocator())
            .childChannelInitializer { [loops] channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let loop = loops[ObjectIdentifier(channel.eventLoop)] else {
                        preconditionFailure("a connection on an event loop that is not of the server's group")
                    }
                    try Self.configure(channel, loop: loop.value, tls: tls?.current)
                }
            }
            .bind(host: host, port: port)
            .get()
        guard let localAddress = channel.localAddress else {
            preconditionFailure("a bound channel has an address")
        }
        return HTTPServer(channel: channel, quiescing: quiescing, group: group, localAddress: localAddress)
    }

    private init(
        channel: any Channel,
        quiescing: ServerQuiescingHelper,
        group: any EventLoopGroup,
        localAddress: SocketAddress
    ) {
        self.channel = channel
        self.quiescing = quiescing
        self.group = group
        self.localAddress = localAddress
    }

    /// Stops listening, closes idle connections, lets requests in flight be answered, and returns when every
    /// connection is closed, or when the time is up. Upgraded connections are their owner's to close.
    ///
    /// - Returns: whether every connection was closed in time.
    public func shutdown(within time: TimeAmount) async -> Bool {
        let eventLoop = self.group.any()
        let outcome = eventLoop.makePromise(of: Bool.self)
        let allClosed = eventLoop.makePromise(of: Void.self)
        let timer = eventLoop.scheduleTask(in: time) { outcome.succeed(false) }
        allClosed.futureResult.whenComplete { _ in
            // A timer that has fired has already succeeded the promise.
            timer.cancel()
        }
        timer.futureResult.whenFailure { _ in outcome.succeed(true) }
        self.quiescing.initiateShutdown(promise: allClosed)
        // The promise is only ever succeeded.
        return (try? await outcome.futureResult.get()) ?? false
    }

    /// Lays out the pipeline of an accepted connection. On the channel's event loop.
    static func configure(_ channel: any Channel, loop: HTTPLoop, tls: NIOSSLContext?) throws {
        let pipeline = channel.pipeline.syncOperations
        if let proxies = loop.proxies, let peer = channel.remoteAddress.flatMap({ IPAddress($0) }),
            proxies.contains(peer)
        {
            try pipeline.addHandler(ProxyHeaderHandler(log: loop.proxyFaults))
        }
        if let tls {
            try pipeline.addHandler(NIOSSLServerHandler(context: tls))
        }
        let connection = HTTPConnectionHandler(loop: loop)
        try pipeline.addHandler(PlainRequestHandler(connection: connection, limits: loop.limits))
        try pipeline.addHandler(connection)
    }
}
