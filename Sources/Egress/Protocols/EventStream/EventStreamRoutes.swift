// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1
internal import Shared

/// `GET /events?secret=S`, or with a bearer token: the bot's events as Server-Sent Events. Belongs to one event loop.
final class EventStreamRoutes {
    private let services: EnvelopeServices
    private let hub: Hub
    private let state: NodeState
    private let gate: SocketGate?
    /// The header fields of a stream of the bot's events.
    private let headers: [(name: String, value: String)]

    /// - Parameter pingInterval: from one keep-alive to the next.
    init(
        services: EnvelopeServices,
        hub: Hub,
        state: NodeState,
        gate: SocketGate? = nil,
        pingInterval: TimeAmount
    ) {
        self.services = services
        // So that a client does not mistake a quiet stream for a dead one.
        let seconds = pingInterval.nanoseconds / 1_000_000_000
        self.headers = Self.headers + [(name: "Hookwire-Ping-Interval", value: "\(seconds)")]
        self.hub = hub
        self.state = state
        self.gate = gate
    }

    func addRoutes(to router: inout Router) {
        router.on(.GET, "/events") { self.open($0) }
    }

    /// The header fields of any stream.
    static let headers: [(name: String, value: String)] = [
        ("Content-Type", "text/event-stream"),
        ("Cache-Control", "no-store"),
        // nginx would buffer events until its buffer is full.
        ("X-Accel-Buffering", "no"),
    ]

    private func open(_ request: HTTPRequest) -> HTTPReply {
        let lane = self.services.lane
        let visitor: Visitor
        do throws(AccessRefusal) {
            visitor = try lane.authenticator.admit(request, for: .receive)
        } catch {
            return .refused(error)
        }
        guard !self.state.isDraining else { return .response(SocketRefusal.draining.problem.response) }
        let stream: StreamRequest
        do throws(SocketRefusal) {
            stream = try Self.stream(of: request)
        } catch {
            return .response(error.problem.response)
        }
        guard request.method != .HEAD else {
            return .response(HTTPResponse(status: .ok, headers: self.headers))
        }
        let seat: Seat?
        do throws(Problem) {
            seat = try self.gate?.enter(request)
        } catch {
            return .response(error.response)
        }
        let eventLoop = lane.eventLoop
        let services = NIOLoopBound(self.services, eventLoop: eventLoop)
        let (state, headers) = (self.state, self.headers)
        return .eventually(
            self.hub.takePlace(
                on: visitor.channel,
                for: stream,
                now: self.services.now(),
                eventLoop: eventLoop
            ).map { place, beginning in
                // A drain that began meanwhile would miss it.
                guard !state.isDraining else { return .response(SocketRefusal.draining.problem.response) }
                return .upgrade(
                    .unending(headers: headers) {
                        try EventStream.open(
                            on: $0,
                            services: services.value,
                            request: stream,
                            beginning: beginning,
                            place: place,
                            admission: lane.shared(visitor.admission, on: visitor.channel)
                        )
                    }
                )
            }.flatMapErrorThrowing { .response(SocketRefusal($0).problem.response) }
        ).holding(seat)
    }

    /// The client's request. A browser that reconnects sends its position in a header, with its original URL: the
    /// header takes precedence. An invalid position there is no error, since the browser would give up on one.
    private static func stream(of request: HTTPRequest) throws(SocketRefusal) -> StreamRequest {
        var stream = try StreamRequest(query: request.query, hasBacklog: false)
        guard stream.group == nil else { throw .groupNeedsSocket }
        guard !stream.acknowledges else { throw .badAck }
        if let id = request.headers.first(name: "last-event-id"), !id.isEmpty {
            // A client that asked for its backlog gets what is left of it on reconnect too.
            let isLenient = stream.start.isCursor
            stream.start = Position(id).map { isLenient ? .behind($0) : .after($0) } ?? .unreadable
        }
        return stream
    }
}
