// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import CoreMetrics
internal import NIOCore
internal import NIOHTTP1

/// The probes and the metrics that every node has, whatever its tier.
public struct HealthRoutes: Sendable {
    /// Why a node is not ready. The raw value is the problem's reason.
    private enum Unreadiness: String {
        case draining
        case registryUnread = "registry_unread"
        case brokerUnavailable = "broker_unavailable"
    }

    private let state: NodeState
    private let broker: any Broker
    private let registry: BotRegistry?
    private let metrics: PrometheusRegistry

    /// The routes over a node's state.
    ///
    /// - Parameter registry: the registered bots, where there are any: a node is not ready before it knows them.
    public init(state: NodeState, broker: any Broker, registry: BotRegistry? = nil, metrics: PrometheusRegistry) {
        self.state = state
        self.broker = broker
        self.registry = registry
        self.metrics = metrics
    }

    /// The paths, which are exempt from address limits: monitoring may come from addresses that clients share.
    public static let paths: Set<String> = ["/livez", "/readyz", "/healthz", "/metrics"]

    /// Adds `/livez`, `/readyz`, `/healthz` and `/metrics`.
    public func addRoutes(to router: inout Router) {
        // Answering is enough: restarting a process because its store is unreachable would not help.
        router.on(.GET, "/livez") { _ in .response(Self.text("alive\n")) }
        for path in ["/readyz", "/healthz"] {
            router.on(.GET, path) { _ in .response(self.readiness()) }
        }
        let health = Meter(label: "hookwire_broker_health")
        let current = self.registry.map { _ in Meter(label: "hookwire_registry_current") }
        let page = MetricsPage(now: .now()) { [metrics] in metrics.text() }
        router.on(.GET, "/metrics") { [broker, registry] _ in
            if let registry { current?.set(registry.isCurrent ? 1 : 0) }
            switch broker.health {
            case .ready: health.set(1.0)
            case .degraded: health.set(0.5)
            case .unavailable: health.set(0.0)
            }
            return .response(
                HTTPResponse(
                    contentType: "text/plain; version=0.0.4; charset=utf-8",
                    body: page.text(now: .now())
                )
            )
        }
    }

    private func readiness() -> HTTPResponse {
        if self.state.isDraining {
            return Problem(
                .serviceUnavailable,
                reason: Unreadiness.draining,
                detail: "This node is draining and takes nothing new; use another."
            ).response
        }
        let health = self.broker.health
        switch health {
        case .ready, .degraded:
            if let registry, registry.directory == nil {
                return Problem(
                    .serviceUnavailable,
                    reason: Unreadiness.registryUnread,
                    detail: registry.trouble ?? "The registered bots have not been read yet; ask again in a second."
                ).response
            }
            if case .degraded(let sentence) = health { return Self.text("ready, in part: \(sentence)\n") }
            return Self.text("ready\n")
        case .unavailable(let sentence):
            return Problem(.serviceUnavailable, reason: Unreadiness.brokerUnavailable, detail: sentence).response
        }
    }

    private static func text(_ text: String) -> HTTPResponse {
        HTTPResponse(contentType: "text/plain; charset=utf-8", body: ByteBuffer(string: text))
    }
}
