// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOSSL

/// How a command's connections to https:// addresses are made.
struct TLSClient: Sendable {
    private let context: NIOSSLContext

    /// - Parameter isInsecure: whether any certificate will do.
    init(isInsecure: Bool) throws {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.certificateVerification = isInsecure ? .none : .fullVerification
        configuration.applicationProtocols = ["http/1.1"]
        self.context = try NIOSSLContext(configuration: configuration)
    }

    /// Adds TLS to a connection to an address that wants it. On the channel's event loop.
    func add(to channel: any Channel, for address: WebAddress) throws {
        guard address.isTLS else { return }
        // A server name is a name, never an IP address (RFC 6066, section 3).
        let isIP = (try? SocketAddress(ipAddress: address.host, port: 0)) != nil
        let handler = try NIOSSLClientHandler(context: self.context, serverHostname: isIP ? nil : address.host)
        try channel.pipeline.syncOperations.addHandler(handler)
    }
}
