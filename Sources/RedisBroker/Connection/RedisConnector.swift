// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOPosix
internal import NIOSSL

/// Makes transport connections to the configured Redis: TCP, TLS or a Unix domain socket.
struct RedisConnector: Sendable {
    private let configuration: RedisConfiguration

    init(configuration: RedisConfiguration) {
        self.configuration = configuration
    }

    /// Connects.
    ///
    /// - Parameter address: where Redis is.
    /// - Returns: a future on `eventLoop` of an active channel, to which nothing but TLS has been added. A handler that
    ///   is added in the future's callback misses no bytes: they are read in a later tick.
    func connect(to address: RedisURL.Address, on eventLoop: any EventLoop) -> EventLoopFuture<any Channel> {
        let tls = self.configuration.tlsContext
        let bootstrap = ClientBootstrap(group: eventLoop)
            .connectTimeout(self.configuration.connectTimeout)
            .channelOption(.socketOption(.so_keepalive), value: 1)
            // Addresses are tried side by side, so this may run for several channels.
            .channelInitializer { channel in
                guard let tls, case .host(let host, _) = address else {
                    return channel.eventLoop.makeSucceededVoidFuture()
                }
                return channel.eventLoop.makeCompletedFuture {
                    let handler = try Self.tlsHandler(tls, host: host)
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
        return switch address {
        case .host(let host, let port): bootstrap.connect(host: host, port: port)
        case .unixSocket(let path): bootstrap.connect(unixDomainSocketPath: path)
        }
    }

    /// The server's name goes into the handshake and is verified; where the URL has an address, that is verified.
    private static func tlsHandler(_ context: NIOSSLContext, host: String) throws -> NIOSSLClientHandler {
        let isAddress = (try? SocketAddress(ipAddress: host, port: 0)) != nil
        return try NIOSSLClientHandler(context: context, serverHostname: isAddress ? nil : host)
    }
}
