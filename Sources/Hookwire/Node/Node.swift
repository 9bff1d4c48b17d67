// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Egress
internal import Glibc
internal import Ingress
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import ServiceLifecycle
internal import Shared

/// A running process: the composition root, where the concrete types meet, and the order of its end.
struct Node: Service {
    /// How long requests in flight and closing handshakes may take once all sockets were told to end.
    private static let lastWords = TimeAmount.seconds(5)

    private let server: HTTPServer
    private let egress: Egress?
    private let store: NodeStore
    private let state: NodeState
    private let drainTime: TimeAmount
    private let logger: Logger

    /// Where the node can be reached from this machine, for instance `http://localhost:8080`.
    let baseURL: String

    /// Builds the node and begins to listen.
    ///
    /// - Throws: `SettingsError` where the address or the certificate cannot be used.
    static func start(
        _ configuration: NodeConfiguration,
        metrics: PrometheusRegistry,
        logger: Logger
    ) async throws -> Node {
        FileDescriptorLimit.raise(logger: logger)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: configuration.threads)
        let store = NodeStore(configuration, group: group, logger: logger)
        let state = NodeState()
        let ingress =
            configuration.tier.takesWebhooks
            ? Ingress(configuration: configuration.ingress, broker: store.broker, logger: logger) : nil
        let egress =
            configuration.tier.holdsSockets
            ? Egress(configuration: configuration.egress, broker: store.broker, state: state, logger: logger) : nil
        let health = HealthRoutes(state: state, broker: store.broker, metrics: metrics)
        let server = try await Self.listen(configuration, group: group, logger: logger) { eventLoop in
            var router = Router()
            try ingress?.addRoutes(to: &router, on: eventLoop)
            egress?.addRoutes(to: &router, on: eventLoop)
            health.addRoutes(to: &router)
            return router
        }
        return Node(
            server: server,
            egress: egress,
            store: store,
            state: state,
            drainTime: configuration.drain,
            logger: logger,
            baseURL: Self.baseURL(of: server.localAddress, isTLS: configuration.tlsKey != nil)
        )
    }

    /// Serves until the process is told to stop, then drains: red readiness first, then the sockets, then the requests.
    func run() async throws {
        try? await gracefulShutdown()
        // From here on a signal does what it does to a program that knows nothing of it.
        signal(SIGTERM, SIG_DFL)
        signal(SIGINT, SIG_DFL)
        self.state.drain()
        self.logger.notice("draining", metadata: ["seconds": "\(self.drainTime.nanoseconds / 1_000_000_000)"])
        await self.egress?.drain(over: self.drainTime)
        await withTaskGroup { group in
            group.addTask { try? await self.server.shutdown() }
            group.addTask { try? await Task.sleep(for: .nanoseconds(Self.lastWords.nanoseconds)) }
            await group.next()
            group.cancelAll()
        }
        await self.store.shutdown()
        self.logger.notice("drained")
    }

    private static func listen(
        _ configuration: NodeConfiguration,
        group: any EventLoopGroup,
        logger: Logger,
        makeRouter: @escaping HTTPServer.MakeRouter
    ) async throws -> HTTPServer {
        var tls: NIOSSLContext?
        if let certificate = configuration.tlsCertificate, let key = configuration.tlsKey {
            tls = try .server(certificate: certificate, key: key)
        }
        do {
            return try await HTTPServer.start(
                host: configuration.host,
                port: configuration.port,
                limits: configuration.limits,
                tls: tls,
                group: group,
                logger: logger,
                makeRouter: makeRouter
            )
        } catch let error as IOError {
            throw SettingsError(
                message: "Cannot listen on \(configuration.host):\(configuration.port): \(error). "
                    + "Choose another --port, or stop what listens there."
            )
        }
    }

    private static func baseURL(of address: SocketAddress, isTLS: Bool) -> String {
        let scheme = isTLS ? "https" : "http"
        let port = address.port ?? 0
        switch address.ipAddress {
        case "0.0.0.0", "::", nil: return "\(scheme)://localhost:\(port)"
        case .some(let ip): return ip.contains(":") ? "\(scheme)://[\(ip)]:\(port)" : "\(scheme)://\(ip):\(port)"
        }
    }
}
