// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// A client that gets envelopes, in frames of a WebSocket or as blocks of an event stream. Bound to its channel's event loop.
protocol EnvelopeClient: FanOutMember, DeliveryOwner {
    var services: EnvelopeServices { get }
    var subscription: EnvelopeSubscription { get }
    /// The connection that envelopes are written to; nil when it has ended.
    var connection: (any CursorClient)? { get }
    /// The same if it answers probes; nil if it does not, and when it has ended.
    var probedConnection: (any ProbedClient)? { get }
    /// Its protocol in metrics and logs.
    var speech: SocketPresence.Speech { get }
    /// When it opened.
    var opened: NIODeadline { get }

    /// The bytes of envelopes; only of those after `offset`, if given.
    func bytes(of round: EnvelopeRound, after offset: UInt64?) -> ByteBuffer

    /// Writes them.
    ///
    /// - Parameters:
    ///   - position: where a client closed as too slow should resume.
    ///   - probe: the number of a probe to send after them; only with a `probedConnection`.
    func write(_ bytes: ByteBuffer, behind position: Position, probe: UInt64?) -> SendResult
}

extension EnvelopeClient {
    var admission: Admission? { self.subscription.admission }
    var presenceDetails: PresenceDetails { self.subscription.presenceDetails(self.speech) }

    func deliveryNote(upTo end: Position) -> DeliveryNote? {
        self.subscription.deliveryNote(self.speech, upTo: end)
    }

    func deliver(_ round: FeedRound) {
        self.subscription.delivery.deliver(round)
    }

    func interrupted(_ reason: UnrecoverableReason, head: Position) {
        self.subscription.delivery.interrupted(reason, head: head)
    }

    func send(_ round: FeedRound, after offset: UInt64?) {
        let admitted = round.admitted(by: self.subscription.filter, for: self.subscription.consumer)
        if let admitted {
            let envelopes = admitted.envelopes(
                on: self.subscription.membership.channel,
                offersReplies: self.subscription.offersReplies
            )
            let after = offset ?? round.first - 1
            self.send(
                self.bytes(of: envelopes, after: offset),
                count: admitted.entries.count { $0.position.offset > after },
                last: admitted.entries.last?.position,
                from: Position(epoch: round.end.epoch, offset: after),
                upTo: round.end
            )
        } else {
            self.sent(upTo: round.end, last: nil)
        }
    }

    func send(_ entries: ArraySlice<LogEntry>) {
        guard let first = entries.first?.position, let end = entries.last?.position else { return }
        let admitted = entries.admitted(by: self.subscription.filter, for: self.subscription.consumer)
        let round = EnvelopeRound(
            admitted,
            channel: self.subscription.membership.channel,
            offersReplies: self.subscription.offersReplies
        )
        self.send(
            self.bytes(of: round, after: nil),
            count: admitted.count,
            last: admitted.last?.position,
            from: first.predecessor,
            upTo: end
        )
    }

    private func send(_ bytes: ByteBuffer, count: Int, last: Position?, from start: Position, upTo end: Position) {
        if count > 0 {
            self.subscription.delivery.eventsSent()
            guard case .accepted = self.write(bytes, behind: start, probe: self.probe(upTo: end)) else { return }
            self.services.metrics.delivered(count)
        }
        self.sent(upTo: end, last: count > 0 ? last : nil)
    }

    /// The number of a probe that goes with everything up to a position; nil for none.
    private func probe(upTo end: Position) -> UInt64? {
        // A client that acknowledges is not probed.
        guard self.subscription.acknowledgement == nil, let consumer = self.subscription.consumer,
            let connection = self.probedConnection
        else { return nil }
        return self.subscription.membership.sending(upTo: end, to: connection, of: consumer)
    }

    /// - Parameter last: the last event that passed the filter, if any did.
    private func sent(upTo end: Position, last: Position?) {
        guard let consumer = self.subscription.consumer, let connection = self.connection else { return }
        if let acknowledgement = self.subscription.acknowledgement {
            guard let position = acknowledgement.sent(upTo: end, last: last) else { return }
            return self.subscription.membership.acknowledged(upTo: position, of: consumer)
        }
        // A client whose position does not count for its consumer moves no cursor.
        guard self.subscription.delivery.isPositionHad else { return }
        self.subscription.membership.sent(upTo: end, to: connection, of: consumer)
    }

    /// The connection has ended; called before it is released.
    func left(_ reason: SocketEndReason) {
        let subscription = self.subscription
        if let connection = self.connection, subscription.acknowledgement == nil {
            let delivery = subscription.delivery
            subscription.membership.ended(
                connection,
                of: subscription.consumer,
                reason,
                at: reason == .messageRefused ? delivery.repeatedPosition : delivery.sentPosition
            )
        }
        subscription.delivery.end()
        subscription.membership.leave(self)
        self.services.metrics.ended(
            self.speech,
            since: self.opened,
            reason,
            channel: subscription.membership.channel
        )
    }
}
