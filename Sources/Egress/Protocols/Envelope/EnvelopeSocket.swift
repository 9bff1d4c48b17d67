// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// A socket that speaks the envelope protocol: executes the decisions of `EnvelopeStateMachine` and `Delivery`. Bound
/// to its channel's event loop.
final class EnvelopeSocket: EnvelopeClient, WebSocketMember {
    var fanOutIndex = 0

    let services: EnvelopeServices
    let subscription: EnvelopeSubscription
    private var machine: EnvelopeStateMachine
    private(set) var handler: WebSocketHandler?
    let opened = NIODeadline.now()

    private init(services: EnvelopeServices, subscription: EnvelopeSubscription) {
        self.services = services
        self.subscription = subscription
        self.machine = EnvelopeStateMachine(
            name: UInt64.random(in: 0...UInt64.max),
            mayReply: subscription.offersReplies,
            now: services.lane.eventLoop.now
        )
    }

    /// Turns a channel into an envelope socket of a feed. On the channel's event loop, which is the lane's.
    static func open(
        on channel: any Channel,
        services: EnvelopeServices,
        request: StreamRequest,
        beginning: StreamBeginning,
        place: FeedPlace,
        admission: Admission? = nil
    ) throws {
        let subscription = EnvelopeSubscription(
            request,
            beginning: beginning,
            place: place,
            admission: admission,
            isProbed: true,
            services: services
        )
        let socket = EnvelopeSocket(services: services, subscription: subscription)
        let handler = WebSocketHandler(owner: socket, configuration: services.configuration)
        socket.handler = handler
        subscription.membership.join(socket)
        try socket.install(handler, in: channel, lane: services.lane, metrics: services.metrics, as: .envelope)
        // If the connection was lost meanwhile, the socket has ended already.
        guard socket.handler != nil else { return }
        if let share = subscription.share {
            share.reader.join(socket)
        } else {
            subscription.delivery.begin(beginning.resumption, owner: socket)
        }
    }

    func deliver(_ round: FeedRound) {
        if let share = self.subscription.share { return share.reader.wake() }
        self.subscription.delivery.deliver(round)
    }

    func interrupted(_ reason: UnrecoverableReason, head: Position) {
        guard let share = self.subscription.share else {
            return self.subscription.delivery.interrupted(reason, head: head)
        }
        // Asynchronously, since it may end the client, which is not allowed here.
        self.services.lane.eventLoop.assumeIsolated().execute {
            self.announce(.lost(Recovery.Reason(reason), position: head))
            share.reader.wake()
        }
    }

    // MARK: Replies

    /// - Parameter frame: the client's frame, which may name the reply's parent span.
    private func reply(
        _ reply: Reply,
        to token: ReplyToken,
        ticket: EnvelopeStateMachine.Ticket,
        frame: ByteBuffer
    ) {
        let trace = self.services.lane.tracing?.reply(
            to: token,
            below: EnvelopeRequest.traceContext(in: frame),
            by: .envelope
        )
        self.services.broker.reply(reply, to: token, on: self.services.lane.eventLoop).assumeIsolated().whenComplete {
            let verdict = ReplyVerdict($0)
            self.services.replies.replied(verdict, by: .envelope)
            trace?.ended(verdict)
            if let answer = self.machine.replied(verdict, to: ticket) { self.answer(answer) }
        }
    }

    private func answer(_ text: [UInt8]) {
        _ = self.handler?.send(EnvelopeProtocol.frame(text))
    }
}

extension EnvelopeSocket {
    var speech: SocketPresence.Speech { .envelope }
    var isWritable: Bool { self.handler?.isWritable ?? false }
    var connection: (any CursorClient)? { self.handler }
    var probedConnection: (any ProbedClient)? { self.handler }

    func bytes(of round: EnvelopeRound, after offset: UInt64?) -> ByteBuffer {
        offset.map { round.frames(after: $0) } ?? round.frames
    }

    func write(_ bytes: ByteBuffer, behind position: Position, probe: UInt64?) -> SendResult {
        self.handler?.send(bytes, behind: position, probe: probe) ?? .closed
    }

    func announce(_ recovery: Recovery) {
        self.services.metrics.recovered(recovery)
        self.answer(self.machine.recovery(recovery, head: self.subscription.membership.place.feed.position))
    }

    func probe(_ number: UInt64) {
        self.handler?.probe(number)
    }

    func hasRead(upTo position: Position) {
        // A client that acknowledges confirms events itself.
        guard self.subscription.acknowledgement == nil, let consumer = self.subscription.consumer else { return }
        self.subscription.membership.acknowledged(upTo: position, of: consumer)
    }
}

extension EnvelopeSocket: WebSocketOwner {
    func messageReceived(_ message: WebSocketMessage) {
        // A member of a group has no position of its own.
        let reached = self.subscription.share == nil ? self.subscription.delivery.reachedPosition : nil
        switch self.machine.messageReceived(message, reached: reached, now: self.services.lane.eventLoop.now) {
        case .ignore: break
        case .answer(let text): self.answer(text)
        case .reply(let reply, let token, let ticket):
            self.reply(reply, to: token, ticket: ticket, frame: message.bytes)
        case .settle(let verdict, let position, let ref): self.settle(verdict, position, ref: ref)
        case .end(let ending): self.end(ending)
        }
    }

    private func end(_ ending: EnvelopeStateMachine.Ending) {
        self.handler?.close(text: ending.explanation, reason: .policyViolation)
    }

    private func settle(_ verdict: GroupSettlement.Verdict, _ position: Position, ref: String?) {
        if let acknowledgement = self.subscription.acknowledgement, let consumer = self.subscription.consumer,
            verdict == .ack
        {
            let membership = self.subscription.membership
            if let position = acknowledgement.acknowledged(position, head: membership.place.feed.position) {
                return membership.acknowledged(upTo: position, of: consumer)
            }
        }
        let share = self.subscription.share
        let now = self.services.lane.eventLoop.now
        if share?.settle(verdict, position, by: self, now: now) == true { return }
        let isOwed = share != nil || self.subscription.acknowledgement != nil
        let fault = isOwed ? EnvelopeFault.notUnsettled : .noGroup
        switch self.machine.settlementRefused(fault, ref: ref, now: now) {
        case .answer(let text): self.answer(text)
        case .end(let ending): self.end(ending)
        case .ignore, .reply, .settle: break
        }
    }

    func probeAnswered(_ number: UInt64) {
        if DeliveryWindow.owns(number) { return self.subscription.delivery.probeAnswered(number) }
        guard let handler, let consumer = self.subscription.consumer else { return }
        self.subscription.membership.probeAnswered(number, by: handler, of: consumer)
    }

    func becameWritable() {
        if let share = self.subscription.share { return share.reader.wake() }
        self.subscription.delivery.becameWritable()
    }

    func queueCrossedWatermark(isBehind: Bool) {
        self.services.metrics.crossedWatermark(isBehind: isBehind, self.handler)
    }

    func ended(_ reason: SocketEndReason) {
        guard let handler = self.handler else { return }
        self.machine.ended()
        self.subscription.share?.leave(self, reason, now: self.services.lane.eventLoop.now)
        self.left(reason)
        self.handler = nil
        self.services.lane.stopHeartbeat(of: handler)
    }
}

extension EnvelopeSocket: GroupMember {
    var credit: Int { self.isWritable ? self.subscription.share?.credit ?? 0 : 0 }

    func take(_ deliveries: ArraySlice<GroupPage.Delivery>, askedAt: NIODeadline) {
        guard let share = self.subscription.share else { return }
        let filter = self.subscription.filter
        let now = self.services.lane.eventLoop.now
        var admitted: [GroupPage.Delivery] = []
        var dropped: [Position] = []
        for delivery in deliveries {
            share.given(delivery.attempt, at: delivery.entry.position, askedAt: askedAt, now: now)
            if delivery.entry.event.isAdmitted(by: filter, for: share.reader.name) {
                admitted.append(delivery)
            } else {
                dropped.append(delivery.entry.position)
            }
        }
        // Events that the filter drops, or that are addressed to others, are settled at once.
        share.pass(dropped, now: now)
        guard !admitted.isEmpty else { return }
        let round = EnvelopeRound(
            admitted,
            channel: self.subscription.membership.channel,
            offersReplies: self.subscription.offersReplies
        )
        guard case .accepted? = self.handler?.send(round.frames) else { return }
        self.services.metrics.delivered(admitted.count)
    }

    func visited() {
        self.subscription.share?.expire(now: self.services.lane.eventLoop.now)
    }
}
