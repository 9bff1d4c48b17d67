// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// What a client that gets envelopes has of its channel.
struct EnvelopeSubscription {
    let membership: FeedMembership
    let delivery: Delivery
    let filter: EventFilter?
    let consumer: ConsumerName?
    /// What its client acknowledges; nil where its system does.
    let acknowledgement: AcknowledgedStream?
    /// By what the client was let in.
    let admission: Admission?
    /// Whether the client may answer, and is told how.
    let offersReplies: Bool
    /// Whether it is one who looks on.
    let isInspector: Bool
    /// Of a member of a group, whose events do not come by the delivery.
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
        self.membership = FeedMembership(place: place, lane: services.lane)
        self.delivery = Delivery(
            broker: services.broker,
            channel: place.feed.channel,
            start: place.feed.position,
            since: beginning.since,
            rate: request.rate,
            isProbed: isProbed,
            tracing: services.lane.tracing,
            eventLoop: services.lane.eventLoop
        )
        self.filter = request.filter
        self.consumer = request.group == nil ? request.consumer : nil
        self.acknowledgement = request.acknowledges ? AcknowledgedStream() : nil
        self.admission = admission
        self.offersReplies = admission?.allows(.reply) ?? true
        self.isInspector = request.isInspector
        let membership = self.membership
        self.share = request.group.map { group in
            let reader = membership.reader(of: group, start: beginning.groupStart, metrics: services.groups)
            return EnvelopeShare(reader: reader, group: group)
        }
    }

    /// What an operator is told of the client.
    func attendee(_ speech: SocketPresence.Speech) -> Attendee {
        Attendee(
            speech: speech,
            consumer: self.share.map(\.reader.name).flatMap(\.shown) ?? self.consumer?.shown,
            offset: self.share == nil ? self.delivery.position?.offset : nil
        )
    }

    /// Who the client is to those who look on, where it has had everything up to a position. What a group's members take is
    /// told by their reader.
    func receipt(_ speech: SocketPresence.Speech, upTo end: Position) -> Receipt? {
        guard !self.isInspector, self.share == nil, self.delivery.position == end else { return nil }
        return Receipt(speech: speech, consumer: self.consumer, isFiltered: self.filter != nil)
    }
}
