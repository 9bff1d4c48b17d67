// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore
package import Shared

/// The events of one channel that go out together: encoded once, written and flushed once a socket.
package final class FeedRound {
    /// What is delivered, in the order of the offsets; at least one.
    let entries: [LogEntry]
    /// Whom some of them are for alone: replays may be for one consumer.
    private let addressees: Set<ConsumerName>
    private var cachedRawFrames: ByteBuffer?
    /// All events as gateways' sessions get them, made when the first session asks.
    private(set) lazy var gateway = GatewayRound(self.entries[...])
    private var cachedEnvelopes: EnvelopeRound?
    /// The same for those who may not answer.
    private var cachedSilentEnvelopes: EnvelopeRound?
    private var admitted: [Admission: FeedRound?] = [:]

    /// What decides which of the events a client is to have.
    private struct Admission: Hashable {
        var filter: EventFilter?
        /// The client's consumer, where some of the events are for it alone.
        var addressee: ConsumerName?
    }

    package init(entries: [LogEntry]) {
        precondition(!entries.isEmpty, "a round delivers something")
        self.entries = entries
        var addressees: Set<ConsumerName> = []
        for case let addressee? in entries.lazy.map({ $0.event.replay?.consumer }) { addressees.insert(addressee) }
        self.addressees = addressees
    }

    /// Whether none of the events is for one consumer alone.
    var isForEverybody: Bool { self.addressees.isEmpty }

    /// The offset of the first event.
    var first: UInt64 { self.entries[0].position.offset }

    /// The position behind the last event.
    var end: Position { self.entries[self.entries.count - 1].position }

    /// Which part is new to a client.
    ///
    /// - Parameter position: the last event that the client has had.
    func part(after position: Position) -> RoundPart {
        RoundPart(after: position, first: self.first, end: self.end)
    }

    /// The events that a client is to have: those that its filter admits, and that are not another consumer's; nil where
    /// there are none. Found once for all clients that are to have the same.
    func admitted(by filter: EventFilter?, for consumer: ConsumerName?) -> FeedRound? {
        guard filter != nil || !self.isForEverybody else { return self }
        let addressee = consumer.flatMap { self.addressees.contains($0) ? $0 : nil }
        let admission = Admission(filter: filter, addressee: addressee)
        if let known = self.admitted[admission] { return known }
        let entries = self.entries.filter { $0.event.isAdmitted(by: filter, for: addressee) }
        let round: FeedRound? = entries.isEmpty ? nil : FeedRound(entries: entries)
        self.admitted[admission] = .some(round)
        return round
    }

    /// All events as frames of raw sockets, made when the first socket asks.
    package var rawFrames: ByteBuffer {
        if let frames = self.cachedRawFrames { return frames }
        let frames = RawProtocol.frames(self.entries[...])
        self.cachedRawFrames = frames
        return frames
    }

    /// All events as envelopes, made when the first socket or stream asks; a round is of one channel.
    ///
    /// - Parameter offersReplies: whether those who get them may answer.
    package func envelopes(on channel: ChannelID, offersReplies: Bool = true) -> EnvelopeRound {
        if !offersReplies, self.entries.contains(where: { $0.event.reply != nil }) {
            let envelopes =
                self.cachedSilentEnvelopes ?? EnvelopeRound(self.entries[...], channel: channel, offersReplies: false)
            self.cachedSilentEnvelopes = envelopes
            return envelopes
        }
        if let envelopes = self.cachedEnvelopes { return envelopes }
        let envelopes = EnvelopeRound(self.entries[...], channel: channel)
        self.cachedEnvelopes = envelopes
        return envelopes
    }
}
