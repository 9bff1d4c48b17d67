// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore
package import Shared

/// A batch of one channel's events: encoded once, written and flushed once per socket.
package final class FeedRound {
    /// What is delivered, in the order of the offsets; at least one.
    let entries: [LogEntry]
    /// The consumers that some of them are addressed to: replays may be for one consumer.
    private let addressees: Set<ConsumerName>
    private var cachedRawFrames: ByteBuffer?
    /// All events as gateway dispatches, created when the first session asks.
    private(set) lazy var gateway = GatewayRound(self.entries[...])
    private var cachedEnvelopes: EnvelopeRound?
    /// The same for clients that may not reply.
    private var cachedSilentEnvelopes: EnvelopeRound?
    private var admitted: [Audience: FeedRound?] = [:]

    /// The key that determines which events a client gets.
    private struct Audience: Hashable {
        var filter: EventFilter?
        /// The client's consumer, if some of the events are addressed to it.
        var addressee: ConsumerName?
    }

    package init(entries: [LogEntry]) {
        precondition(!entries.isEmpty, "a round delivers something")
        self.entries = entries
        var addressees: Set<ConsumerName> = []
        for case let addressee? in entries.lazy.map({ $0.event.replay?.consumer }) { addressees.insert(addressee) }
        self.addressees = addressees
    }

    /// Whether none of the events is addressed to a single consumer.
    var isForEverybody: Bool { self.addressees.isEmpty }

    /// The offset of the first event.
    var first: UInt64 { self.entries[0].position.offset }

    /// The position of the last event.
    var end: Position { self.entries[self.entries.count - 1].position }

    /// The part that is new to a client.
    ///
    /// - Parameter position: the last event that the client has received.
    func part(after position: Position) -> RoundPart {
        RoundPart(after: position, first: self.first, end: self.end)
    }

    /// The events for a client: those that pass its filter and are not addressed to another consumer; nil if none.
    /// Computed once for all clients with the same filter and consumer.
    func admitted(by filter: EventFilter?, for consumer: ConsumerName?) -> FeedRound? {
        guard filter != nil || !self.isForEverybody else { return self }
        let addressee = consumer.flatMap { self.addressees.contains($0) ? $0 : nil }
        let admission = Audience(filter: filter, addressee: addressee)
        if let known = self.admitted[admission] { return known }
        let entries = self.entries.filter { $0.event.isAdmitted(by: filter, for: addressee) }
        let round: FeedRound? = entries.isEmpty ? nil : FeedRound(entries: entries)
        self.admitted[admission] = .some(round)
        return round
    }

    /// All events as frames of raw sockets, created when the first socket asks.
    package var rawFrames: ByteBuffer {
        if let frames = self.cachedRawFrames { return frames }
        let frames = RawProtocol.frames(self.entries[...])
        self.cachedRawFrames = frames
        return frames
    }

    /// All events as envelopes, created when the first socket or stream asks; a round is of one channel.
    ///
    /// - Parameter offersReplies: whether the recipients may reply.
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
