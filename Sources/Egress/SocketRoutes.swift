// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import Metrics
internal import NIOCore
internal import NIOHTTP1
internal import Shared

/// The sockets' URLs, all that are in use: `/ws?secret=S`, `/ws/{secret}`, `/ws/{secret}/{token}`, and `/ws` with a
/// bearer token. Belongs to one event loop.
final class SocketRoutes {
    private let lane: Lane
    private let hub: Hub
    private let state: NodeState
    private let configuration: WebSocketConfiguration
    private let metrics: SocketMetrics

    init(lane: Lane, hub: Hub, state: NodeState, configuration: WebSocketConfiguration, logger: Logger) {
        self.lane = lane
        self.hub = hub
        self.state = state
        self.configuration = configuration
        self.metrics = SocketMetrics(logger: logger)
    }

    func addRoutes(to router: inout Router) {
        router.on(.GET, "/ws") { request in
            self.open(request, secret: request.query["secret"] ?? request.bearerToken)
        }
        router.on(.GET, "/ws/{secret}") { request in
            self.open(request, secret: request.parameters["secret"])
        }
        router.on(.GET, "/ws/{secret}/{token}") { request in
            self.open(request, secret: request.parameters["secret"])
        }
    }

    private func open(_ request: HTTPRequest, secret: String?) -> HTTPReply {
        let headers: [(name: String, value: String)]
        do throws(WebSocketHandshake.Refusal) {
            headers = try WebSocketHandshake.accept(request)
        } catch {
            return .response(error.problem.response)
        }
        guard let secret, !secret.isEmpty else { return .response(SocketRefusal.missingSecret.problem.response) }
        guard !self.state.isDraining else { return .response(SocketRefusal.draining.problem.response) }

        let channel = ChannelID(secret: Secret(secret))
        let routes = NIOLoopBound(self, eventLoop: self.lane.eventLoop)
        // The client is told that its socket is on only when the feed is: nothing published after that is missed.
        return .eventually(
            self.hub.takePlace(on: channel, eventLoop: self.lane.eventLoop).map { place in
                .upgrade(HTTPUpgrade(headers: headers) { try routes.value.install(on: $0, place: place) })
            }.recover { _ in
                .response(SocketRefusal.brokerUnavailable.problem.response)
            }
        )
    }

    private func install(on channel: any Channel, place: FeedPlace) throws {
        try RawSocket.open(
            on: channel,
            lane: self.lane,
            place: place,
            configuration: self.configuration,
            metrics: self.metrics
        )
    }
}
