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
internal import SystemPackage

/// A running process: the composition root, where the concrete types meet, and the order of its end.
struct Node: Service {
    /// How long requests in flight and closing handshakes may take beyond the drain time.
    private static let lastWords = TimeAmount.seconds(5)

    private let server: HTTPServer
    private let ingress: Ingress?
    private let egress: Egress?
    private let store: NodeStore
    private let state: NodeState
    private let group: any EventLoopGroup
    private let drainTime: TimeAmount
    private let logger: Logger

    /// What the node says when it is ready.
    private let greeting: String

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
        let store = try NodeStore(configuration, group: group, logger: logger)
        let state = NodeState()
        let ingress =
            configuration.tier.takesWebhooks
            ? Ingress(
                configuration: configuration.ingress,
                broker: store.broker,
                drainState: store.isVolatile ? state : nil,
                logger: logger
            ) : nil
        let egress =
            configuration.tier.holdsSockets
            ? Egress(
                configuration: configuration.egress,
                broker: store.broker,
                state: state,
                group: group,
                logger: logger
            ) : nil
        // It opens when the store can be reached, and stays open until that is shut down.
        _ = ingress?.openInbox(on: group.any())
        let health = HealthRoutes(state: state, broker: store.broker, metrics: metrics)
        let addresses = AddressGuard(configuration: configuration.nodeLimits.addresses, logger: logger)
        let server = try await Self.listen(configuration, group: group, logger: logger) { eventLoop in
            var router = Router()
            if let addresses { router.guardRoutes(except: HealthRoutes.paths) { addresses.refusal(of: $0) } }
            try ingress?.addRoutes(to: &router, on: eventLoop)
            egress?.addRoutes(to: &router, on: eventLoop)
            health.addRoutes(to: &router)
            return router
        }
        return Node(
            server: server,
            ingress: ingress,
            egress: egress,
            store: store,
            state: state,
            group: group,
            drainTime: configuration.drain,
            logger: logger,
            greeting: Greeting(
                baseURL: Self.baseURL(of: server.localAddress, isTLS: configuration.tlsKey != nil),
                tier: configuration.tier,
                retention: configuration.retentionSentence
            ).text
        )
    }

    /// Serves until the process is told to stop, then drains: red readiness first, then the sockets, then the requests.
    func run() async throws {
        // Said only now that a signal is heard: whoever reads it may stop the node at once.
        try FileDescriptor.standardOutput.writeAll(self.greeting.utf8)
        try? await gracefulShutdown()
        // From here on a signal does what it does to a program that knows nothing of it.
        signal(SIGTERM, SIG_DFL)
        signal(SIGINT, SIG_DFL)
        let deadline = NIODeadline.now() + self.drainTime + Self.lastWords
        self.state.drain()
        self.logger.notice("draining", metadata: ["seconds": "\(self.drainTime.nanoseconds / 1_000_000_000)"])
        async let answered: Void? = self.ingress?.drain(within: self.drainTime, on: self.group.any())
        await self.egress?.drain(over: self.drainTime)
        await answered
        let isClosed = await self.server.shutdown(within: deadline - .now())
        await self.egress?.shutdown()
        await self.store.shutdown()
        self.logger.notice("drained", metadata: isClosed ? [:] : ["cut": "connections that did not end in time"])
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
                proxies: configuration.nodeLimits.proxies,
                logger: logger,
                group: group,
                makeRouter: makeRouter
            )
        } catch let error as SocketAddressError.UnknownHost {
            throw SettingsError(
                message: "Cannot listen on \(configuration.host): \(error). "
                    + "Give --host an address of this machine, such as 127.0.0.1, or 0.0.0.0 for all."
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
