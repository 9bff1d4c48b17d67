// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// A socket that speaks the envelope protocol: runs what `EnvelopeStateMachine` and `Delivery` decide. Bound to its channel's
/// event loop.
final class EnvelopeSocket: FeedMember {
    var groupIndex = 0

    private let services: EnvelopeServices
    private let membership: FeedMembership
    private let delivery: Delivery
    private var machine: EnvelopeStateMachine
    private var handler: WebSocketHandler?

    private init(services: EnvelopeServices, membership: FeedMembership) {
        self.services = services
        self.membership = membership
        self.machine = EnvelopeStateMachine(
            name: UInt64.random(in: 0...UInt64.max),
            now: services.lane.eventLoop.now
        )
        self.delivery = Delivery(
            broker: services.broker,
            channel: membership.channel,
            start: membership.place.feed.position,
            eventLoop: services.lane.eventLoop
        )
    }

    /// Makes a channel an envelope socket of a feed. On the channel's event loop, which is the lane's.
    static func open(
        on channel: any Channel,
        services: EnvelopeServices,
        place: FeedPlace,
        resumption: DeliveryStateMachine.Resumption?
    ) throws {
        let membership = FeedMembership(place: place, lane: services.lane)
        let socket = EnvelopeSocket(services: services, membership: membership)
        let handler = WebSocketHandler(owner: socket, configuration: services.configuration)
        socket.handler = handler
        membership.join(socket)
        services.lane.startHeartbeat(of: handler)
        services.metrics.opened()
        do {
            try channel.pipeline.syncOperations.addHandler(handler)
        } catch {
            socket.ended(.connectionLost)
            throw error
        }
        socket.delivery.begin(resumption, owner: socket)
    }

    // MARK: What comes

    func deliver(_ round: FeedRound) {
        self.delivery.deliver(round)
    }

    func interrupted(_ reason: UnrecoverableReason, head: Position) {
        self.delivery.interrupted(reason, head: head)
    }

    func drain() {
        self.handler?.close(text: "this node is draining; connect again", reason: .drain)
    }

    // MARK: Replies

    private func reply(_ reply: Reply, to token: ReplyToken, ticket: EnvelopeStateMachine.Ticket) {
        self.services.broker.reply(reply, to: token, on: self.services.lane.eventLoop).assumeIsolated().whenComplete {
            let verdict = ReplyVerdict($0)
            self.services.replies.replied(verdict, by: .envelope)
            if let answer = self.machine.replied(verdict, to: ticket) { self.answer(answer) }
        }
    }

    private func answer(_ text: [UInt8]) {
        _ = self.handler?.send(EnvelopeProtocol.frame(text))
    }
}

extension EnvelopeSocket: DeliveryOwner {
    var isWritable: Bool { self.handler?.isWritable ?? false }

    func send(_ round: FeedRound, after: UInt64?) {
        let envelopes = round.envelopes(on: self.membership.channel)
        if let after {
            self.send(envelopes.frames(after: after), count: Int(clamping: round.end.offset - after))
        } else {
            self.send(envelopes.frames, count: round.entries.count)
        }
    }

    func send(_ entries: ArraySlice<LogEntry>) {
        self.send(EnvelopeRound(entries, channel: self.membership.channel).frames, count: entries.count)
    }

    private func send(_ frames: ByteBuffer, count: Int) {
        guard case .accepted = self.handler?.send(frames) else { return }
        self.services.metrics.delivered(count)
    }

    func announce(_ recovery: Recovery) {
        self.services.recoveries.announced(recovery)
        self.answer(self.machine.recovery(recovery))
    }

    func deliveryFailed() {
        self.handler?.close(text: "the log cannot be read; connect again in a moment", reason: .internalError)
    }
}

extension EnvelopeSocket: WebSocketOwner {
    func messageReceived(_ message: WebSocketMessage) {
        switch self.machine.messageReceived(message, now: self.services.lane.eventLoop.now) {
        case .ignore: break
        case .answer(let text): self.answer(text)
        case .reply(let reply, let token, let ticket): self.reply(reply, to: token, ticket: ticket)
        case .end(let ending): self.handler?.close(text: ending.explanation, reason: .policyViolation)
        }
    }

    func becameWritable() {
        self.delivery.becameWritable()
    }

    func ended(_ reason: WebSocketEndReason) {
        guard let handler = self.handler.take() else { return }
        self.machine.ended()
        self.delivery.end()
        self.services.lane.stopHeartbeat(of: handler)
        self.membership.leave(self)
        self.services.metrics.ended(reason, channel: self.membership.channel)
    }
}
