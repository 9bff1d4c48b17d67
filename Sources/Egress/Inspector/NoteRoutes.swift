// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1
internal import Shared

/// `GET /inspector/notes`: what nodes see happen on a bot's channel, as Server-Sent Events of the types `refused`,
/// `delivered` and `answered`. Notes are for people: one that a slow client has no room for is dropped, and none comes again.
struct NoteRoutes {
    let broker: any Broker
    let entrance: Entrance
    let state: NodeState
    /// Who looks on counts among the sockets of its address.
    let gate: SocketGate?
    /// Those who look on, by channel, on all event loops. They are none of the bot's sockets, and bounded apart.
    let seats: LocalSeats<ChannelID>
    let eventLoop: any EventLoop

    func addRoutes(to router: inout Router) {
        router.on(.GET, "/inspector/notes") { self.open($0) }
    }

    private func open(_ request: HTTPRequest) -> HTTPReply {
        let visitor: Visitor
        do throws(AccessRefusal) {
            visitor = try self.entrance.admit(request, for: .receive)
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
        let mailbox = NoteMailbox(eventLoop: self.eventLoop)
        let watch = NoteHandler.Watch(entrance: self.entrance, visitor: visitor, state: self.state)
        return .eventually(
            self.observe(visitor.channel, with: mailbox).map { subscription in
                .upgrade(
                    .unending(headers: EventStreamRoutes.headers) { channel in
                        let handler = NoteHandler(mailbox: mailbox, subscription: subscription, watch: watch)
                        try channel.pipeline.syncOperations.addHandler(handler)
                    }
                )
            }
            .flatMapErrorThrowing { .response(SocketRefusal($0).problem.response) }
        ).holding(seat).holding(place)
    }
}

extension NoteRoutes {
    /// How many may look on at a bot on one node.
    static let limit = 8
    /// How long a client waits for a store that cannot be reached.
    private static let timeout = TimeAmount.seconds(10)

    private func observe(
        _ channel: ChannelID,
        with mailbox: NoteMailbox
    ) -> EventLoopFuture<any ObservationSubscription> {
        let promise = self.eventLoop.makePromise(of: (any ObservationSubscription).self)
        let deadline = self.eventLoop.scheduleTask(in: Self.timeout) { promise.fail(BrokerError.unavailable) }
        // One that comes too late is let go of, and so ends.
        self.broker.observe(channel, with: mailbox, on: self.eventLoop).cascade(to: promise)
        return promise.futureResult.always { _ in deadline.cancel() }
    }
}
