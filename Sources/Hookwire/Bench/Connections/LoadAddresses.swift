// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// Where the targets are, resolved once.
struct LoadAddresses: Sendable {
    let webhooks: [SocketAddress]
    let sockets: [SocketAddress]

    /// - Throws: `BenchError` where a name cannot be resolved.
    init(_ configuration: BenchConfiguration) throws(BenchError) {
        self.webhooks = try configuration.webhooks.map(Self.resolve)
        self.sockets = try configuration.sockets.map(Self.resolve)
    }

    private static func resolve(_ target: LoadTarget) throws(BenchError) -> SocketAddress {
        do {
            return try SocketAddress.makeAddressResolvingHost(target.host, port: target.port)
        } catch {
            throw BenchError(message: "Cannot resolve \(target.host): \(error). Check the address.")
        }
    }
}
