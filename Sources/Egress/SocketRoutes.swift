// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1
internal import Shared

/// The URLs of sockets: `/ws?secret=S`, `/ws/{secret}`, `/ws/{secret}/{token}`, `/ws/{bot}`, and `/ws`
/// with a bearer token. Raw, or in envelopes where the client offers the subprotocol for it. Belongs to one event loop.
final class SocketRoutes {
    private let lane: Lane
    private let hub: Hub
    private let state: NodeState
    private let configuration: WebSocketConfiguration
    private let envelopes: EnvelopeServices
    private let answers: RawAnswerServices
    private let metrics: SocketMetrics
    private let gate: SocketGate?

    /// - Parameter configuration: for raw sockets; `envelopes` has its own.
    init(
        hub: Hub,
        state: NodeState,
        configuration: WebSocketConfiguration,
        envelopes: EnvelopeServices,
        gate: SocketGate? = nil,
        answers: RawAnswerServices
    ) {
        self.lane = envelopes.lane
        self.hub = hub
        self.state = state
        self.configuration = configuration
        self.envelopes = envelopes
        self.answers = answers
        self.gate = gate
        self.metrics = envelopes.metrics
    }

    func addRoutes(to router: inout Router) {
        router.on(.GET, "/ws") { request in
            self.open(request)
        }
        router.on(.GET, "/ws/{subject}") { request in
            self.open(request)
        }
        router.on(.GET, "/ws/{subject}/{token}") { request in
            self.open(request)
        }
    }

    /// How a socket speaks.
    private enum Speech: Sendable {
        case raw(answers: Bool)
        case envelope
    }

    private func open(_ request: HTTPRequest) -> HTTPReply {
        var isEnvelope = false
        let headers: [(name: String, value: String)]
        do throws(WebSocketHandshake.Refusal) {
            headers = try WebSocketHandshake.accept(request) { offered in
                isEnvelope = offered.contains { $0 == EnvelopeProtocol.subprotocol }
                if isEnvelope { return EnvelopeProtocol.subprotocol }
                return offered.contains { $0 == RawProtocol.subprotocol } ? RawProtocol.subprotocol : nil
            }
        } catch {
            return .response(error.problem.response)
        }
        let speech: Speech = isEnvelope ? .envelope : .raw(answers: request.query["reply"] == "1")
        let visitor: Visitor
        do throws(AccessRefusal) {
            visitor = try self.visitor(request, speech)
        } catch {
            return .refused(error)
        }
        guard !self.state.isDraining else { return .response(SocketRefusal.draining.problem.response) }
        let stream: StreamRequest
        do throws(SocketRefusal) {
            stream = try StreamRequest(query: request.query, hasBacklog: !isEnvelope)
            guard isEnvelope || !stream.acknowledges else { throw SocketRefusal.badAck }
        } catch {
            return .response(error.problem.response)
        }

        let seat: Seat?
        do throws(Problem) {
            seat = try self.gate?.enter(request)
        } catch {
            return .response(error.response)
        }
        let routes = NIOLoopBound(self, eventLoop: self.lane.eventLoop)
        let state = self.state
        // The upgrade is answered only when the feed is active: nothing published after that is missed.
        return .eventually(
            self.hub.takePlace(
                on: visitor.channel,
                for: stream,
                now: self.envelopes.now(),
                eventLoop: self.lane.eventLoop
            ).map { place, beginning in
                // A drain that began meanwhile would miss it.
                guard !state.isDraining else { return .response(SocketRefusal.draining.problem.response) }
                return .upgrade(
                    HTTPUpgrade(headers: headers) {
                        try routes.value.install(speech, stream, beginning, on: $0, place: place, for: visitor)
                    }
                )
            }.flatMapErrorThrowing { .response(SocketRefusal($0).problem.response) }
        ).holding(seat)
    }

    private func visitor(_ request: HTTPRequest, _ speech: Speech) throws(AccessRefusal) -> Visitor {
        let visitor = try self.lane.authenticator.admit(
            request,
            subject: request.parameters["subject"],
            token: request.parameters["token"],
            for: .receive
        )
        if case .raw(answers: true) = speech, !visitor.allows(.reply) { throw .wrongScope }
        return visitor
    }

    private func install(
        _ speech: Speech,
        _ stream: StreamRequest,
        _ beginning: StreamBeginning,
        on channel: any Channel,
        place: FeedPlace,
        for visitor: Visitor
    ) throws {
        let admission = self.lane.shared(visitor.admission, on: visitor.channel)
        switch speech {
        case .raw(let isAnswering):
            let answers = isAnswering ? RawAnswers(services: self.answers) : nil
            if let group = stream.group {
                let membership = FanOutMembership(place: place, lane: self.lane)
                return try RawGroupSocket.open(
                    on: channel,
                    membership: membership,
                    admission: admission,
                    reader: membership.reader(
                        of: group,
                        start: beginning.groupStart,
                        metrics: self.envelopes.groups
                    ),
                    configuration: self.configuration,
                    metrics: self.metrics,
                    answers: answers,
                    filter: stream.filter
                )
            }
            try RawSocket.open(
                on: channel,
                lane: self.lane,
                place: place,
                admission: admission,
                beginning: beginning,
                rate: stream.rate,
                configuration: self.configuration,
                metrics: self.metrics,
                options: RawSocket.Options(
                    answers: answers,
                    filter: stream.filter,
                    consumer: stream.consumer
                )
            )
        case .envelope:
            try EnvelopeSocket.open(
                on: channel,
                services: self.envelopes,
                request: stream,
                beginning: beginning,
                place: place,
                admission: admission
            )
        }
    }
}
