// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1
internal import Shared

/// The sockets' URLs, all that are in use: `/ws?secret=S`, `/ws/{secret}`, `/ws/{secret}/{token}`, and `/ws` with a
/// bearer token. Raw, or in envelopes where the client offers the subprotocol for it. Belongs to one event loop.
final class SocketRoutes {
    private let lane: Lane
    private let hub: Hub
    private let state: NodeState
    private let configuration: WebSocketConfiguration
    private let envelopes: EnvelopeServices
    private let answers: RawAnswerServices
    private let metrics: SocketMetrics

    /// - Parameter configuration: of raw sockets; `envelopes` has its own.
    init(
        hub: Hub,
        state: NodeState,
        configuration: WebSocketConfiguration,
        envelopes: EnvelopeServices,
        answers: RawAnswerServices
    ) {
        self.lane = envelopes.lane
        self.hub = hub
        self.state = state
        self.configuration = configuration
        self.envelopes = envelopes
        self.answers = answers
        self.metrics = envelopes.metrics
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

    /// How a socket speaks.
    private enum Speech: Sendable {
        case raw(answers: Bool)
        case envelope(DeliveryStateMachine.Resumption?)
    }

    private func open(_ request: HTTPRequest, secret: String?) -> HTTPReply {
        var isEnvelope = false
        let headers: [(name: String, value: String)]
        do throws(WebSocketHandshake.Refusal) {
            headers = try WebSocketHandshake.accept(request) { offered in
                guard offered.contains(where: { $0 == EnvelopeProtocol.subprotocol }) else { return nil }
                isEnvelope = true
                return EnvelopeProtocol.subprotocol
            }
        } catch {
            return .response(error.problem.response)
        }
        guard let secret, !secret.isEmpty else { return .response(SocketRefusal.missingSecret.problem.response) }
        guard !self.state.isDraining else { return .response(SocketRefusal.draining.problem.response) }
        let speech: Speech
        do throws(SocketRefusal) {
            speech =
                isEnvelope
                ? .envelope(try .init(query: request.query)) : .raw(answers: request.query["reply"] == "1")
        } catch {
            return .response(error.problem.response)
        }

        let channel = ChannelID(secret: Secret(secret))
        let routes = NIOLoopBound(self, eventLoop: self.lane.eventLoop)
        let state = self.state
        // The client is told that its socket is on only when the feed is: nothing published after that is missed.
        return .eventually(
            self.hub.takePlace(on: channel, eventLoop: self.lane.eventLoop).map { place in
                // A drain that has begun meanwhile would not find it.
                guard !state.isDraining else { return .response(SocketRefusal.draining.problem.response) }
                return .upgrade(
                    HTTPUpgrade(headers: headers) { try routes.value.install(speech, on: $0, place: place) }
                )
            }.recover { _ in
                .response(SocketRefusal.brokerUnavailable.problem.response)
            }
        )
    }

    private func install(_ speech: Speech, on channel: any Channel, place: FeedPlace) throws {
        switch speech {
        case .raw(let answers):
            try RawSocket.open(
                on: channel,
                lane: self.lane,
                place: place,
                configuration: self.configuration,
                metrics: self.metrics,
                answers: answers ? RawAnswers(services: self.answers) : nil
            )
        case .envelope(let resumption):
            try EnvelopeSocket.open(on: channel, services: self.envelopes, place: place, resumption: resumption)
        }
    }
}
