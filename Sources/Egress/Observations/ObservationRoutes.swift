// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1
internal import Shared

/// `GET /inspector/notes`: what nodes see happen on a bot's channel, as Server-Sent Events of the types `refused`,
/// `delivered` and `answered`. Notes are for people: one that a slow client has no room for is dropped, and none comes again.
struct ObservationRoutes {
    let broker: any Broker
    let authenticator: ClientAuthenticator
    let state: NodeState
    /// An observer counts as a socket of its address.
    let gate: SocketGate?
    /// The observers per channel, on all event loops. They do not count as the bot's sockets, and have a limit of their
    /// own.
    let seats: LocalSeats<ChannelID>
    let eventLoop: any EventLoop

    func addRoutes(to router: inout Router) {
        router.on(.GET, "/inspector/notes") { self.open($0) }
    }

    private func open(_ request: HTTPRequest) -> HTTPReply {
        let visitor: Visitor
        do throws(AccessRefusal) {
            visitor = try self.authenticator.admit(request, for: .receive)
        } catch {
            return .refused(error)
        }
        guard !self.state.isDraining else { return .response(SocketRefusal.draining.problem.response) }
        guard request.method != .HEAD else {
            return .response(HTTPResponse(status: .ok, headers: EventStreamRoutes.headers))
        }
        guard let place = self.seats.take(visitor.channel, limit: Self.limit) else {
            LimitRefusal.botNotes.count()
            return .response(LimitRefusal.botNotes.problem(retryAfter: .seconds(5)).response)
        }
        let seat: Seat?
        do throws(Problem) {
            seat = try self.gate?.enter(request)
        } catch {
            return .response(error.response)
        }
        let mailbox = ObservationMailbox(eventLoop: self.eventLoop)
        let watch = ObservationHandler.Watch(authenticator: self.authenticator, visitor: visitor, state: self.state)
        return .eventually(
            self.broker.observe(visitor.channel, with: mailbox, on: self.eventLoop).map { subscription in
                .upgrade(
                    .unending(headers: EventStreamRoutes.headers) { channel in
                        let handler = ObservationHandler(mailbox: mailbox, subscription: subscription, watch: watch)
                        try channel.pipeline.syncOperations.addHandler(handler)
                    }
                )
            }
            .flatMapErrorThrowing { .response(SocketRefusal($0).problem.response) }
        ).holding(seat).holding(place)
    }
}

extension ObservationRoutes {
    /// The most observers of a bot on one node.
    static let limit = 8
}
