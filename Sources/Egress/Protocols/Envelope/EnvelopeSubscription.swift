// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// An envelope client's subscription to its channel.
struct EnvelopeSubscription {
    let membership: FanOutMembership
    let delivery: Delivery
    let filter: EventFilter?
    let consumer: ConsumerName?
    /// Tracks the client's acknowledgements; nil if receipt is confirmed by the transport.
    let acknowledgement: AcknowledgedStream?
    /// The credential that admitted the client.
    let admission: Admission?
    /// Whether the client may reply, and is offered a reply token.
    let offersReplies: Bool
    /// Whether it is an inspector's, which only observes.
    let isInspector: Bool
    /// The group membership, if any; its events do not come through `delivery`.
    let share: EnvelopeShare?

    /// On the lane's loop. The feed posts to the lane from now on.
    ///
    /// - Parameter isProbed: whether the client answers probes.
    init(
        _ request: StreamRequest,
        beginning: StreamBeginning,
        place: FeedPlace,
        admission: Admission?,
        isProbed: Bool,
        services: EnvelopeServices
    ) {
        self.membership = FanOutMembership(place: place, lane: services.lane)
        self.delivery = Delivery(
            broker: services.broker,
            channel: place.feed.channel,
            start: place.feed.position,
            since: beginning.since,
            rate: request.rate,
            isProbed: isProbed,
            tracing: services.lane.tracing,
            turns: services.lane.turns,
            eventLoop: services.lane.eventLoop
        )
        self.filter = request.filter
        self.consumer = request.group == nil ? request.consumer : nil
        self.acknowledgement =
            request.acknowledges ? AcknowledgedStream(beginsAtCursor: beginning.isAtCursor) : nil
        self.admission = admission
        self.offersReplies = admission?.allows(.reply) ?? true
        self.isInspector = request.isInspector
        let membership = self.membership
        self.share = request.group.map { group in
            let reader = membership.reader(of: group, start: beginning.groupStart, metrics: services.groups)
            return EnvelopeShare(reader: reader, group: group)
        }
    }

    /// The client's details for operators.
    func presenceDetails(_ speech: SocketPresence.Speech) -> PresenceDetails {
        PresenceDetails(
            speech: speech,
            consumer: self.share.map(\.reader.name).flatMap(\.shown) ?? self.consumer?.shown,
            offset: self.share == nil ? self.delivery.position?.offset : nil
        )
    }

    /// The client's description for observers, if it has received everything up to a position. For group members their
    /// reader reports.
    func deliveryNote(_ speech: SocketPresence.Speech, upTo end: Position) -> DeliveryNote? {
        guard !self.isInspector, self.share == nil, self.delivery.position == end else { return nil }
        return DeliveryNote(speech: speech, consumer: self.consumer, isFiltered: self.filter != nil)
    }
}
