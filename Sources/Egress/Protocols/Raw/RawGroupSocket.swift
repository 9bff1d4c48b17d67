// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// A raw socket that is a member of a group. It cannot acknowledge events: one that was handed to the kernel counts as
/// processed. Bound to its channel's event loop.
final class RawGroupSocket: WebSocketMember {
    /// The most events it holds at once.
    private static let window = 16

    var fanOutIndex = 0

    let admission: Admission?
    private let membership: FanOutMembership
    private let reader: GroupReader
    private let metrics: SocketMetrics
    private let answers: RawAnswers?
    private let filter: EventFilter?
    private(set) var handler: WebSocketHandler?
    private let opened = NIODeadline.now()
    /// Written, and not yet known to have reached the kernel.
    private var written: UnsettledEvents

    private init(
        membership: FanOutMembership,
        admission: Admission?,
        reader: GroupReader,
        metrics: SocketMetrics,
        answers: RawAnswers?,
        filter: EventFilter?
    ) {
        self.admission = admission
        self.membership = membership
        self.reader = reader
        self.metrics = metrics
        self.answers = answers
        self.filter = filter
        self.written = UnsettledEvents(limit: Self.window, visibility: reader.visibility)
    }

    /// Turns a channel into a raw socket that is a member of a group. On the channel's event loop, which is the lane's.
    static func open(
        on channel: any Channel,
        membership: FanOutMembership,
        admission: Admission? = nil,
        reader: GroupReader,
        configuration: WebSocketConfiguration,
        metrics: SocketMetrics,
        answers: RawAnswers?,
        filter: EventFilter?
    ) throws {
        let socket = RawGroupSocket(
            membership: membership,
            admission: admission,
            reader: reader,
            metrics: metrics,
            answers: answers,
            filter: filter
        )
        let handler = WebSocketHandler(owner: socket, configuration: configuration, discardsMessages: answers == nil)
        socket.handler = handler
        membership.join(socket)
        try socket.install(handler, in: channel, lane: membership.lane, metrics: metrics, as: .raw)
        // If the connection was lost meanwhile, the socket has ended already.
        if socket.handler != nil { reader.join(socket) }
    }

    // MARK: From the feed

    var presenceDetails: PresenceDetails { PresenceDetails(speech: self.speech, consumer: self.reader.name.shown) }

    func deliver(_ round: FeedRound) {
        self.reader.wake()
    }

    func interrupted(_ reason: UnrecoverableReason, head: Position) {
        self.reader.wake()
    }

    private func acknowledgeWritten() {
        guard !self.written.isEmpty, self.handler?.isFlushed == true else { return }
        self.reader.settle(.ack, self.written.all(now: self.membership.lane.eventLoop.now))
        self.written.removeAll()
    }
}

extension RawGroupSocket: GroupMember {
    var speech: SocketPresence.Speech { .raw }

    var credit: Int {
        guard let handler, handler.isWritable else { return 0 }
        return self.written.room
    }

    func take(_ deliveries: ArraySlice<GroupPage.Delivery>, askedAt: NIODeadline) {
        let now = self.membership.lane.eventLoop.now
        for delivery in deliveries {
            self.written.given(delivery.attempt, at: delivery.entry.position, askedAt: askedAt, now: now)
        }
        let entries = deliveries.map(\.entry).filter {
            $0.event.isAdmitted(by: self.filter, for: self.reader.name)
        }
        if !entries.isEmpty, case .accepted? = self.handler?.send(RawProtocol.frames(entries[...])) {
            self.metrics.delivered(entries.count)
            self.answers?.delivered(entries)
        }
        self.acknowledgeWritten()
    }

    func visited() {
        self.acknowledgeWritten()
    }
}

extension RawGroupSocket: WebSocketOwner {
    func messageReceived(_ message: WebSocketMessage) {
        self.answers?.received(message)
    }

    func becameWritable() {
        self.acknowledgeWritten()
        self.reader.wake()
    }

    func queueCrossedWatermark(isBehind: Bool) {
        self.metrics.crossedWatermark(isBehind: isBehind, self.handler)
    }

    func ended(_ reason: SocketEndReason) {
        guard let handler = self.handler else { return }
        if reason.isGoodbye { self.acknowledgeWritten() }
        self.handler = nil
        self.reader.leave(self, reason, unsettled: self.written.all(now: self.membership.lane.eventLoop.now))
        self.written.removeAll()
        self.membership.lane.stopHeartbeat(of: handler)
        self.membership.leave(self)
        self.metrics.ended(.raw, since: self.opened, reason, channel: self.membership.channel)
    }
}
