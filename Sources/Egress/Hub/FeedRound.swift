// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

package import NIOCore
package import Shared

/// The events of one channel that go out together: encoded once, written and flushed once a socket.
package final class FeedRound {
    /// What is delivered, in the order of the offsets; at least one.
    let entries: [LogEntry]
    /// Whether one of them may be for one consumer only.
    let hasReplays: Bool
    private var cachedRawFrames: ByteBuffer?
    /// All events as gateways' sessions get them, made when the first session asks.
    private(set) lazy var gateway = GatewayRound(self.entries[...])
    private var cachedEnvelopes: EnvelopeRound?
    /// The same for those who may not answer.
    private var cachedSilentEnvelopes: EnvelopeRound?
    private var filtered: [EventFilter: FeedRound?] = [:]

    package init(entries: [LogEntry]) {
        precondition(!entries.isEmpty, "a round delivers something")
        self.entries = entries
        self.hasReplays = entries.contains { $0.event.isReplay }
    }

    /// The offset of the first event.
    var first: UInt64 { self.entries[0].position.offset }

    /// The position behind the last event.
    var end: Position { self.entries[self.entries.count - 1].position }

    /// The events that a client is to have: those that its filter admits, and that are not another consumer's; nil where
    /// there are none.
    func admitted(by filter: EventFilter?, for consumer: ConsumerName?) -> FeedRound? {
        guard self.hasReplays else { return filter.map { self.admitted(by: $0) } ?? self }
        let entries = self.entries.filter { $0.event.isAdmitted(by: filter, for: consumer) }
        return entries.isEmpty ? nil : FeedRound(entries: entries)
    }

    /// The events that a filter admits, found once for all clients that have the same; nil where it admits none.
    private func admitted(by filter: EventFilter) -> FeedRound? {
        if let known = self.filtered[filter] { return known }
        let entries = self.entries.filter { filter.admits($0.event) }
        let round: FeedRound? = entries.isEmpty ? nil : FeedRound(entries: entries)
        self.filtered[filter] = .some(round)
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
