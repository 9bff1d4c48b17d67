// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOPosix

/// Where the targets are, resolved once.
struct LoadAddresses: Sendable {
    let webhooks: [SocketAddress]
    let sockets: [SocketAddress]

    /// - Throws: `BenchError` where a name cannot be resolved.
    init(_ configuration: BenchConfiguration) throws(BenchError) {
        self.webhooks = try configuration.webhooks.map(Self.resolve)
        self.sockets = try configuration.sockets.map(Self.resolve)
    }

    /// Opens a connection to each target that is going to be used, and closes it.
    ///
    /// - Throws: `BenchError` where nobody takes it.
    func checkReachable(_ configuration: BenchConfiguration) async throws {
        try await Self.check(configuration.webhooks, self.webhooks, flag: "--webhook")
        if configuration.socketCount > 0 {
            try await Self.check(configuration.sockets, self.sockets, flag: "--socket")
        }
    }

    private static func check(_ targets: [LoadTarget], _ addresses: [SocketAddress], flag: String) async throws {
        let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).connectTimeout(.seconds(5))
        for (target, address) in zip(targets, addresses) {
            do {
                try await bootstrap.connect(to: address).get().close()
            } catch {
                throw BenchError(cannotConnectTo: target.authority, error, flag: flag)
            }
        }
    }

    private static func resolve(_ target: LoadTarget) throws(BenchError) -> SocketAddress {
        do {
            return try SocketAddress.makeAddressResolvingHost(target.host, port: target.port)
        } catch {
            throw BenchError(message: "Cannot resolve \(target.host): \(error). Check the address.")
        }
    }
}
