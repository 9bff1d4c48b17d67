// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Admin
internal import Egress
internal import Ingress
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import OTLP
internal import ServiceLifecycle
internal import Shared
internal import SystemPackage
internal import UnixSignals

/// A running process: the composition root, where the concrete types meet, and the order of its end.
struct Node: Service, CustomStringConvertible {
    /// How long requests in flight and closing handshakes may take beyond the drain time.
    private static let shutdownGrace = TimeAmount.seconds(5)
    /// How long the last spans may take to reach the collector.
    private static let lastSpans = TimeAmount.seconds(3)
    /// How many milliseconds the greeting waits for room where it is written to.
    private static let patience: Int32 = 100

    private let server: HTTPServer
    /// Where operators manage the bots; nil where they do it otherwise.
    private let adminServer: HTTPServer?
    private let ingress: Ingress?
    private let egress: Egress?
    private let store: NodeStore
    private let bots: NodeRegistry?
    /// Follows the store of the bots, and the certificate.
    private let following: Task<Void, Never>
    private let state: NodeState
    private let group: any EventLoopGroup
    private let exporter: OTLPExporter?
    private let drainTime: TimeAmount
    private let logger: Logger

    /// The message printed when the node is ready.
    private let greeting: String

    /// Its name in the lines of whatever runs it, which would otherwise print all that it holds.
    var description: String { "node" }

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
        NodeMetrics.begin(tier: configuration.tier, group: group)
        let exporter = configuration.exporter(group: group, logger: logger)
        do {
            return try await self.start(
                configuration,
                metrics: metrics,
                group: group,
                exporter: exporter,
                logger: logger
            )
        } catch {
            // What it has is of no request: nothing was served.
            await exporter?.shutdown(within: .zero)
            throw error
        }
    }

    private static func start(
        _ configuration: NodeConfiguration,
        metrics: PrometheusRegistry,
        group: any EventLoopGroup,
        exporter: OTLPExporter?,
        logger: Logger
    ) async throws -> Node {
        let tracer = exporter.map { Tracer(sink: $0, sample: configuration.telemetry.sample) }
        let store = try NodeStore(configuration, group: group, logger: logger)
        let bots = try NodeRegistry(configuration.registry, store: store, logger: logger)
        let access = Access(mode: configuration.access, registry: bots?.registry)
        let addresses = configuration.addressGuard(logger: logger)
        var socketLimits = configuration.nodeLimits.sockets
        socketLimits.addresses = addresses
        socketLimits.seats = store.seats
        let state = NodeState()
        let ingress =
            configuration.tier.takesWebhooks
            ? Ingress(
                configuration: configuration.ingress,
                broker: store.broker,
                drainState: store.isVolatile ? state : nil,
                access: access,
                limits: WebhookLimits(limiter: store.limiter, addresses: addresses),
                tracer: tracer,
                logger: logger
            ) : nil
        let egress =
            configuration.tier.holdsSockets
            ? Egress(
                configuration: configuration.egress,
                broker: store.broker,
                state: state,
                access: access,
                limits: socketLimits,
                presence: configuration.adminToken == nil && configuration.redisURL == nil ? nil : store.presence,
                group: group,
                tracer: tracer,
                logger: logger
            ) : nil
        // It opens when the store can be reached, and stays open until that is shut down.
        _ = ingress?.openInbox(on: group.any())
        let health = HealthRoutes(
            state: state,
            broker: store.broker,
            registry: bots?.registry,
            metrics: metrics
        )
        let certificate = try configuration.certificateFiles.map { (files) throws(SettingsError) in
            try CertificateStore(files, logger: logger)
        }
        let listener = configuration.listener(tls: certificate?.tls)
        let server = try await listener.start(group: group, logger: logger) { eventLoop in
            var router = Router()
            if let addresses { router.guardRoutes(except: HealthRoutes.paths, by: addresses, on: eventLoop) }
            try ingress?.addRoutes(to: &router, on: eventLoop)
            egress?.addRoutes(to: &router, on: eventLoop)
            OtherTier.addRoutes(to: &router, of: configuration.tier)
            health.addRoutes(to: &router)
            return router
        }
        let adminListener = configuration.adminListener(tls: listener.tls)
        var adminServer: HTTPServer?
        if let admin = bots?.admin(configuration, broker: store.broker, presence: store.presence, logger: logger) {
            adminServer = try await adminListener.start(group: group, logger: logger) { eventLoop in
                var router = Router()
                admin.addRoutes(to: &router, on: eventLoop)
                return router
            }
        }
        return Node(
            server: server,
            adminServer: adminServer,
            ingress: ingress,
            egress: egress,
            store: store,
            bots: bots,
            following: Task { await NodeFollowing(bots: bots, certificate: certificate).run() },
            state: state,
            group: group,
            exporter: exporter,
            drainTime: configuration.drain,
            logger: logger,
            greeting: Greeting(
                baseURL: listener.baseURL(of: server.localAddress),
                // It is the address of those nodes that bots connect to.
                publicURL: configuration.tier.holdsSockets ? configuration.egress.qq.publicURL : nil,
                tier: configuration.tier,
                access: configuration.access,
                adminURL: adminServer.map { adminListener.baseURL(of: $0.localAddress) },
                retention: configuration.retentionSentence
            ).text
        )
    }

    /// Serves until the process is asked to stop, then drains: red readiness first, then the sockets, then the
    /// requests.
    func run() async throws {
        // The group hears the first signal, and none after it.
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint).dropFirst()
        let impatience = Task { for await signal in signals { signal.endProcess() } }
        defer { impatience.cancel() }
        // Printed only when signals are handled: its reader may stop the node at once.
        self.greet()
        try? await gracefulShutdown()
        let deadline = NIODeadline.now() + self.drainTime + Self.shutdownGrace
        self.state.drain()
        self.logger.notice("draining", metadata: ["seconds": "\(self.drainTime.nanoseconds / 1_000_000_000)"])
        self.ingress?.beginDrain(within: self.drainTime, on: self.group.any())
        await self.egress?.drain(over: self.drainTime)
        // Not before: as long as sockets are open their bots reply.
        await self.ingress?.endDrain(on: self.group.any())
        async let isAdminClosed = self.adminServer?.shutdown(within: deadline - .now())
        let isClosed = await self.server.shutdown(within: deadline - .now())
        _ = await isAdminClosed
        await self.egress?.shutdown()
        self.following.cancel()
        await self.store.shutdown()
        await self.exporter?.shutdown(within: Self.lastSpans)
        self.logger.notice("drained", metadata: isClosed ? [:] : ["cut": "connections that did not end in time"])
    }

    /// Writes the greeting, of less than a page, only if that does not block: a node blocked on a stalled pipe could
    /// not be stopped.
    private func greet() {
        let output = FileDescriptor.standardOutput
        do {
            guard OutputRoom.isThere(at: output.rawValue, within: Self.patience) else { throw Errno.wouldBlock }
            try output.writeAll(self.greeting.utf8)
        } catch {
            // A full disk, or a reader that has gone or stopped: bots need none of it.
            self.logger.warning(
                "the greeting cannot be written to the standard output",
                metadata: ["error": "\(error)"]
            )
        }
    }
}
