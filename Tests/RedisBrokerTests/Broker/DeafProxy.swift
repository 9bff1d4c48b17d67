// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import BrokerConformance
import NIOCore
import NIOPosix
import Synchronization

/// Stands between clients and a server, and can make the connections that subscribe deaf: they stay open, what the
/// client says arrives, and nothing comes back. Connections that are made afterwards hear.
final class DeafProxy: Sendable {
    private let listener: any Channel
    private let connections: Connections

    private init(listener: any Channel, connections: Connections) {
        self.listener = listener
        self.connections = connections
    }

    static func start(to port: Int) async throws -> DeafProxy {
        let connections = Connections()
        let listener = try await ServerBootstrap(group: Fixtures.group)
            .childChannelOption(.autoRead, value: false)
            .childChannelInitializer { client in
                ClientBootstrap(group: client.eventLoop).connect(host: "127.0.0.1", port: port).flatMapThrowing {
                    server in
                    let link = Link()
                    connections.add(link)
                    let (near, far) = (End(link: link, isServer: false), End(link: link, isServer: true))
                    near.peer = server
                    far.peer = client
                    try client.pipeline.syncOperations.addHandler(near)
                    try server.pipeline.syncOperations.addHandler(far)
                    try client.syncOptions?.setOption(.autoRead, value: true)
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return DeafProxy(listener: listener, connections: connections)
    }

    var port: Int { self.listener.localAddress?.port ?? 0 }

    /// Makes the connections that have subscribed deaf.
    func deafen() {
        self.connections.deafen()
    }

    func stop() async throws {
        try await self.listener.close()
    }
}

private final class Connections: Sendable {
    private let links = Mutex<[Link]>([])

    func add(_ link: Link) {
        self.links.withLock { $0.append(link) }
    }

    func deafen() {
        self.links.withLock { links in
            for link in links where link.isSubscribing.load(ordering: .acquiring) {
                link.isDeaf.store(true, ordering: .releasing)
            }
        }
    }
}

private final class Link: Sendable {
    let isSubscribing = Atomic<Bool>(false)
    let isDeaf = Atomic<Bool>(false)
}

/// One side of a link.
private final class End: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let link: Link
    private let isServer: Bool
    var peer: (any Channel)?

    init(link: Link, isServer: Bool) {
        self.link = link
        self.isServer = isServer
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = self.unwrapInboundIn(data)
        if self.isServer {
            guard !self.link.isDeaf.load(ordering: .acquiring) else { return }
        } else if String(buffer: bytes).contains("SUBSCRIBE") {
            self.link.isSubscribing.store(true, ordering: .releasing)
        }
        self.peer?.writeAndFlush(bytes, promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.peer?.close(promise: nil)
        self.peer = nil
    }
}
