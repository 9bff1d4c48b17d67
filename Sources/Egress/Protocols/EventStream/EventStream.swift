// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// A stream of Server-Sent Events: a member of its channel's group for as long as it is open. Bound to its channel's event
/// loop.
final class EventStream: FeedMember {
    var groupIndex = 0

    private let services: EventStreamServices
    private let membership: FeedMembership
    private let delivery: Delivery
    private let name = UInt64.random(in: 0...UInt64.max)
    private var announcements = 0
    private var handler: EventStreamHandler?

    private init(services: EventStreamServices, membership: FeedMembership) {
        self.services = services
        self.membership = membership
        self.delivery = Delivery(
            broker: services.envelopes.broker,
            channel: membership.channel,
            start: membership.place.feed.position,
            eventLoop: services.envelopes.lane.eventLoop
        )
    }

    /// Makes a channel a stream of a feed, behind the head of its answer. On the channel's event loop, which is the lane's.
    static func open(
        on channel: any Channel,
        services: EventStreamServices,
        place: FeedPlace,
        resumption: DeliveryStateMachine.Resumption?
    ) throws {
        let membership = FeedMembership(place: place, lane: services.envelopes.lane)
        let stream = EventStream(services: services, membership: membership)
        let handler = EventStreamHandler(owner: stream, outboundLimit: services.envelopes.configuration.outboundLimit)
        stream.handler = handler
        membership.join(stream)
        services.heartbeats.add(handler)
        services.envelopes.metrics.opened()
        do {
            try channel.pipeline.syncOperations.addHandler(handler)
        } catch {
            stream.ended(.connectionLost)
            throw error
        }
        let start = if case .after(let position) = resumption { position } else { place.feed.position }
        _ = handler.send(EventStreamFormat.opening(at: start))
        stream.delivery.begin(resumption, owner: stream)
    }

    func deliver(_ round: FeedRound) {
        self.delivery.deliver(round)
    }

    func interrupted(_ reason: UnrecoverableReason, head: Position) {
        self.delivery.interrupted(reason, head: head)
    }

    func drain() {
        self.handler?.close(.drain)
    }

    /// The channel takes more.
    func becameWritable() {
        self.delivery.becameWritable()
    }

    /// The stream has just stopped taking events: once, whoever ended it.
    func ended(_ reason: WebSocketEndReason) {
        guard let handler = self.handler.take() else { return }
        self.delivery.end()
        self.services.heartbeats.remove(handler)
        self.membership.leave(self)
        self.services.envelopes.metrics.ended(reason, channel: self.membership.channel)
    }
}

extension EventStream: DeliveryOwner {
    var isWritable: Bool { self.handler?.isWritable ?? false }

    func send(_ round: FeedRound, after: UInt64?) {
        let envelopes = round.envelopes(on: self.membership.channel)
        if let after {
            self.send(envelopes.blocks(after: after), count: Int(clamping: round.end.offset - after))
        } else {
            self.send(envelopes.blocks, count: round.entries.count)
        }
    }

    func send(_ entries: ArraySlice<LogEntry>) {
        self.send(EnvelopeRound(entries, channel: self.membership.channel).blocks, count: entries.count)
    }

    private func send(_ blocks: ByteBuffer, count: Int) {
        guard case .accepted = self.handler?.send(blocks) else { return }
        self.services.envelopes.metrics.delivered(count)
    }

    func announce(_ recovery: Recovery) {
        self.services.envelopes.recoveries.announced(recovery)
        self.announcements += 1
        let id = "\(String(self.name, radix: 16))-\(self.announcements)"
        _ = self.handler?.send(EventStreamFormat.recovery(recovery, id: id))
    }

    func deliveryFailed() {
        self.handler?.close(.internalError)
    }
}
