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

/// Brings observations from any thread to the connection's event loop.
final class NoteMailbox: ObservationReceiver {
    private let eventLoop: any EventLoop
    private let handler: NIOLoopBoundBox<NoteHandler?>

    /// Nobody is there to read it yet: what comes is dropped.
    init(eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
        self.handler = NIOLoopBoundBox.makeEmptyBox(valueType: NoteHandler.self, eventLoop: eventLoop)
    }

    func receive(_ observation: Observation) {
        self.eventLoop.execute { self.handler.value?.send(observation) }
    }

    /// On the event loop.
    func attach(_ handler: NoteHandler?) {
        self.handler.value = handler
    }
}

/// Writes notes to one connection, within a bound. On the channel's event loop.
final class NoteHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// How many bytes may wait to be sent; beyond it notes are dropped.
    private static let queueLimit = 256 << 10
    /// How often a comment shows that the stream lives, in seconds.
    private static let commentPause = 20
    /// How long a client may be behind with what it was sent, in seconds.
    private static let patience = 60

    private let mailbox: NoteMailbox
    private let subscription: any ObservationSubscription
    private let watch: Watch
    private var context: ChannelHandlerContext?
    private var ticks: RepeatedTask?
    private var quietSeconds = 0
    private var behindSeconds = 0

    /// What ends the notes: the node drains, or what let their reader in does not hold any more.
    struct Watch: Sendable {
        let entrance: Entrance
        let visitor: Visitor
        let state: NodeState

        var isOver: Bool {
            self.state.isDraining
                || !self.entrance.standing(of: self.visitor.admission, on: self.visitor.channel).isHolding
        }
    }

    init(mailbox: NoteMailbox, subscription: any ObservationSubscription, watch: Watch) {
        self.mailbox = mailbox
        self.subscription = subscription
        self.watch = watch
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        self.mailbox.attach(self)
        context.writeAndFlush(self.wrapOutboundOut(EventStreamFormat.comment), promise: nil)
        let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
        self.ticks = context.eventLoop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { _ in
            handler.value.tick()
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.end()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // Who looks on has nothing to say.
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.end()
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed { context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    func send(_ observation: Observation) {
        guard let context, self.backlog(context.channel) + observation.json.readableBytes <= Self.queueLimit else {
            return
        }
        var block = ByteBuffer(string: "event: \(observation.kind.rawValue)\ndata: ")
        block.writeImmutableBuffer(observation.json)
        block.writeStaticString("\n\n")
        self.quietSeconds = 0
        context.writeAndFlush(self.wrapOutboundOut(block), promise: nil)
    }

    private func tick() {
        guard let context else { return }
        self.behindSeconds = context.channel.isWritable ? 0 : self.behindSeconds + 1
        if self.watch.isOver || self.behindSeconds >= Self.patience { return context.close(promise: nil) }
        self.quietSeconds += 1
        guard self.quietSeconds >= Self.commentPause else { return }
        self.quietSeconds = 0
        if self.backlog(context.channel) == 0 {
            context.writeAndFlush(self.wrapOutboundOut(EventStreamFormat.comment), promise: nil)
        }
    }

    private func backlog(_ channel: any Channel) -> Int {
        channel.isWritable ? 0 : (try? channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    }

    private func end() {
        self.ticks?.cancel()
        self.ticks = nil
        self.mailbox.attach(nil)
        self.subscription.cancel()
        self.context = nil
    }
}

@available(*, unavailable)
extension NoteHandler: Sendable {}
