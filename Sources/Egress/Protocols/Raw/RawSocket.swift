// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// A socket that speaks the raw protocol: a member of its channel's group for as long as it is open.
/// Bound to its channel's event loop.
final class RawSocket: WebSocketMember {
    /// Options that most sockets do not have.
    final class Options {
        /// The client's answers; nil if its frames are dropped.
        let answers: RawAnswers?
        let filter: EventFilter?
        let consumer: ConsumerName?

        /// Nil if all options are the defaults.
        init?(answers: RawAnswers?, filter: EventFilter?, consumer: ConsumerName?) {
            if answers == nil, filter == nil, consumer == .anybody { return nil }
            self.answers = answers
            self.filter = filter
            self.consumer = consumer
        }
    }

    var fanOutIndex = 0

    let admission: Admission?
    private let membership: FanOutMembership
    private let metrics: SocketMetrics
    private let options: Options?
    /// The last event that the client was sent, or the last one before it joined.
    private var position: Position
    private(set) var handler: WebSocketHandler?
    private let opened = NIODeadline.now()
    /// Present while the client is sent the backlog; if it did not begin at its consumer's cursor, until it was sent an
    /// event.
    private var backlog: Delivery?

    private init(membership: FanOutMembership, admission: Admission?, metrics: SocketMetrics, options: Options?) {
        self.admission = admission
        self.membership = membership
        self.metrics = metrics
        self.options = options
        self.position = membership.place.feed.position
    }

    /// Turns a channel into a raw socket of a feed. On the channel's event loop, which is the lane's.
    static func open(
        on channel: any Channel,
        lane: Lane,
        place: FeedPlace,
        admission: Admission? = nil,
        beginning: StreamBeginning,
        rate: Int?,
        configuration: WebSocketConfiguration,
        metrics: SocketMetrics,
        options: Options? = nil
    ) throws {
        let membership = FanOutMembership(place: place, lane: lane)
        let socket = RawSocket(membership: membership, admission: admission, metrics: metrics, options: options)
        let handler = WebSocketHandler(
            owner: socket,
            configuration: configuration,
            discardsMessages: options?.answers == nil
        )
        socket.handler = handler
        membership.join(socket)
        try socket.install(handler, in: channel, lane: lane, metrics: metrics, as: .raw)
        // If the connection was lost meanwhile, the socket has ended already.
        guard socket.handler != nil, beginning.resumption != nil || socket.consumer != nil else { return }
        socket.begin(beginning.resumption, since: beginning.since, rate: rate)
    }

    private var lane: Lane { self.membership.lane }
    private var consumer: ConsumerName? { self.options == nil ? .anybody : self.options?.consumer }

    private func begin(_ resumption: DeliveryStateMachine.Resumption?, since: Int64?, rate: Int?) {
        let delivery = Delivery(
            broker: self.lane.broker,
            channel: self.membership.channel,
            start: self.position,
            since: since,
            rate: rate,
            isProbed: true,
            tracing: self.lane.tracing,
            turns: self.lane.turns,
            eventLoop: self.lane.eventLoop
        )
        self.backlog = delivery
        delivery.begin(resumption, owner: self)
        if delivery.isLive { self.caughtUp() }
    }

    // MARK: What comes

    func deliver(_ round: FeedRound) {
        if let backlog {
            backlog.deliver(round)
            if backlog.isLive { self.caughtUp() }
            return
        }
        switch round.part(after: self.position) {
        case .nothing: break
        case .events(let after): self.send(round, after: after)
        }
    }

    func interrupted(_ reason: UnrecoverableReason, head: Position) {
        if let backlog { return backlog.interrupted(reason, head: head) }
        guard reason.isNews(to: self.position, head: head) else { return }
        self.position = head
        self.announce(.lost(Recovery.Reason(reason), position: head))
    }

    var presenceDetails: PresenceDetails {
        PresenceDetails(speech: .raw, consumer: self.consumer?.shown, offset: self.position.offset)
    }

    func deliveryNote(upTo end: Position) -> DeliveryNote? {
        guard self.backlog == nil, self.position == end else { return nil }
        return DeliveryNote(speech: .raw, consumer: self.consumer, isFiltered: self.options?.filter != nil)
    }

    /// Sends the frames of events that passed the filter, if any.
    private func write(_ frames: ByteBuffer?, of entries: ArraySlice<LogEntry>, upTo end: Position) {
        guard let handler else { return }
        guard let frames else {
            self.position = end
            // A client whose position does not count for its consumer moves no cursor.
            if let consumer, self.backlog?.isPositionHad != false {
                self.membership.sent(upTo: end, to: handler, of: consumer)
            }
            return
        }
        self.backlog?.eventsSent()
        var probe: UInt64?
        if let consumer { probe = self.membership.sending(upTo: end, to: handler, of: consumer) }
        guard case .accepted = handler.send(frames, behind: self.position, probe: probe) else { return }
        self.metrics.delivered(entries.count)
        self.options?.answers?.delivered(entries)
        self.position = end
    }
}

extension RawSocket: DeliveryOwner {
    var isWritable: Bool { self.handler?.isWritable ?? false }

    func send(_ round: FeedRound, after: UInt64?) {
        // Most sockets have no filter, and most events no addressee.
        let isPlain = self.options == nil && round.isForEverybody
        let admitted = isPlain ? round : round.admitted(by: self.options?.filter, for: self.consumer)
        guard let admitted, let after else {
            return self.write(admitted?.rawFrames, of: admitted?.entries[...] ?? [], upTo: round.end)
        }
        self.write(admitted.entries.drop { $0.position.offset <= after }, upTo: round.end)
    }

    func send(_ entries: ArraySlice<LogEntry>) {
        guard let end = entries.last?.position else { return }
        self.write(entries.admitted(by: self.options?.filter, for: self.consumer), upTo: end)
    }

    private func write(_ entries: ArraySlice<LogEntry>, upTo end: Position) {
        self.write(entries.isEmpty ? nil : RawProtocol.frames(entries), of: entries, upTo: end)
    }

    func announce(_ recovery: Recovery) {
        // The raw protocol has no frame for it; the node's metrics count it.
        self.metrics.recovered(recovery)
    }

    func probe(_ number: UInt64) {
        self.handler?.probe(number)
    }

    func hasRead(upTo position: Position) {
        if let consumer { self.membership.acknowledged(upTo: position, of: consumer) }
    }

    func caughtUp() {
        guard let backlog, backlog.isPositionHad else { return }
        if let position = backlog.position { self.position = position }
        // It no longer learns of probe answers, and its window would wait for one for ever.
        self.backlog.take()?.end()
    }
}

extension RawSocket: WebSocketOwner {
    func messageReceived(_ message: WebSocketMessage) {
        self.options?.answers?.received(message)
    }

    func probeAnswered(_ number: UInt64) {
        if DeliveryWindow.owns(number) {
            self.backlog?.probeAnswered(number)
            return
        }
        guard let handler, let consumer else { return }
        self.membership.probeAnswered(number, by: handler, of: consumer)
    }

    func becameWritable() {
        self.backlog?.becameWritable()
    }

    func queueCrossedWatermark(isBehind: Bool) {
        self.metrics.crossedWatermark(isBehind: isBehind, self.handler)
    }

    func ended(_ reason: SocketEndReason) {
        guard let handler = self.handler else { return }
        // Where it began, or the feed's position, is not what it has received.
        let position =
            if let backlog {
                reason == .messageRefused ? backlog.repeatedPosition : backlog.sentPosition
            } else {
                self.position as Position?
            }
        self.membership.ended(handler, of: self.consumer, reason, at: position)
        self.handler = nil
        self.backlog.take()?.end()
        self.lane.stopHeartbeat(of: handler)
        self.membership.leave(self)
        self.metrics.ended(.raw, since: self.opened, reason, channel: self.membership.channel)
    }
}
