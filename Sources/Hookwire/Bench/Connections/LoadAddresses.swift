// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOPosix

/// Where the targets are, found once: of the addresses that a name has, the one that takes connections.
struct LoadAddresses: Sendable {
    /// None where nothing is sent.
    let webhooks: [SocketAddress]
    /// None where no socket is opened.
    let sockets: [SocketAddress]

    /// Opens a connection to each target that is going to be used, and closes it.
    ///
    /// - Throws: `BenchError` if none accepts it.
    static func find(_ configuration: BenchConfiguration) async throws -> LoadAddresses {
        let webhooks = configuration.mode == .idle ? [] : configuration.webhooks
        let sockets = configuration.socketCount == 0 ? [] : configuration.sockets
        return LoadAddresses(
            webhooks: try await self.find(webhooks, flag: "--webhook"),
            sockets: try await self.find(sockets, flag: "--socket")
        )
    }

    private static func find(_ targets: [LoadTarget], flag: String) async throws -> [SocketAddress] {
        let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).connectTimeout(.seconds(5))
        var addresses: [SocketAddress] = []
        for target in targets {
            let found = bootstrap.connect(host: target.host, port: target.port)
                .flatMapThrowing { channel -> SocketAddress in
                    defer { channel.close(promise: nil) }
                    guard let address = channel.remoteAddress else { throw ChannelError.ioOnClosedChannel }
                    return address
                }
            do {
                addresses.append(try await found.get())
            } catch {
                throw BenchError(cannotConnectTo: target.authority, error, flag: flag)
            }
        }
        return addresses
    }
}
