// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// A stream of Server-Sent Events: a member of its channel's group for as long as it is open. Bound to its channel's event
/// loop.
final class EventStream: EnvelopeClient {
    var fanOutIndex = 0

    let services: EnvelopeServices
    let subscription: EnvelopeSubscription
    private let name = UInt64.random(in: 0...UInt64.max)
    private var announcements = 0
    private var handler: EventStreamHandler?
    /// The position last sent to the client as an event id, if known.
    private var toldPlace: Position?
    let opened = NIODeadline.now()

    private init(services: EnvelopeServices, subscription: EnvelopeSubscription) {
        self.services = services
        self.subscription = subscription
    }

    /// Turns a channel into a stream of a feed, after the response head. On the channel's event loop, which is the
    /// lane's.
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
            isProbed: false,
            services: services
        )
        let stream = EventStream(services: services, subscription: subscription)
        let handler = EventStreamHandler(owner: stream, outboundLimit: services.configuration.outboundLimit)
        stream.handler = handler
        subscription.membership.join(stream)
        services.lane.startHeartbeat(of: handler)
        services.metrics.opened(.events)
        do {
            try channel.pipeline.syncOperations.addHandler(handler)
        } catch {
            stream.ended(.connectionLost)
            throw error
        }
        let start: Position? =
            switch beginning.resumption {
            case .after(let position), .behind(let position): position
            // Replayed events carry its position: a stream that ends before the first one has not advanced it.
            case .backlog, .oldest: nil
            case .unreadable, nil: place.feed.position
            }
        stream.toldPlace = start
        _ = handler.send(EventStreamFormat.opening(at: start))
        // If the connection was lost, perhaps noticed only by this write, the stream has ended already.
        guard stream.handler != nil else { return }
        subscription.delivery.begin(beginning.resumption, owner: stream)
    }

    func drain() {
        self.handler?.close(.drain)
    }

    func dismiss(_ accessLoss: AccessLoss) {
        self.handler?.close(accessLoss.endReason)
    }

    /// The periodic keep-alive: the client's position, so that it advances past filtered events too; or just a comment,
    /// if the client has it already.
    func signOfLife() -> ByteBuffer {
        guard let place = self.subscription.delivery.reachedPosition, place != self.toldPlace else {
            return EventStreamFormat.comment
        }
        self.toldPlace = place
        return EventStreamFormat.place(place)
    }

    /// The channel is writable again.
    func becameWritable() {
        self.subscription.delivery.becameWritable()
    }

    /// The queue has grown above the high watermark, or fallen below the low one.
    func queueCrossedWatermark(isBehind: Bool) {
        self.services.metrics.crossedWatermark(isBehind: isBehind, self.handler)
    }

    /// The stream has stopped taking events. Called once, whichever side ended it.
    func ended(_ reason: SocketEndReason) {
        guard let handler = self.handler else { return }
        self.left(reason)
        self.handler = nil
        self.services.lane.stopHeartbeat(of: handler)
    }
}

extension EventStream {
    var speech: SocketPresence.Speech { .events }
    var isWritable: Bool { self.handler?.isWritable ?? false }
    var connection: (any CursorClient)? { self.handler }
    var probedConnection: (any ProbedClient)? { nil }

    func bytes(of round: EnvelopeRound, after offset: UInt64?) -> ByteBuffer {
        offset.map { round.blocks(after: $0) } ?? round.blocks
    }

    func write(_ bytes: ByteBuffer, behind position: Position, probe: UInt64?) -> SendResult {
        self.handler?.send(bytes) ?? .closed
    }

    func announce(_ recovery: Recovery) {
        self.services.metrics.recovered(recovery)
        self.announcements += 1
        let id = "\(String(self.name, radix: 16))-\(self.announcements)"
        _ = self.handler?.send(
            EventStreamFormat.recovery(recovery, head: self.subscription.membership.place.feed.position, id: id)
        )
    }

    func deliveryFailed() {
        self.handler?.close(.internalError)
    }
}
