// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// One node's seats, as reported to Redis: what each command changed there, and what must be reported again. Pure.
///
/// Commands of one node reach Redis in order. A taken seat is counted when Redis confirms it; the number reported with
/// every renewal corrects whatever a lost connection left uncertain. While a request for a seat is in flight, the
/// number is unknown and not reported.
struct SeatLedger {
    private struct Entry {
        var held = 0
        var asking = 0
        /// Whether Redis may have a different number.
        var isStale = false
    }

    private var entries: [ChannelID: Entry] = [:]

    /// How many channels have seats, or something to be said of theirs.
    var count: Int { self.entries.count }

    /// A seat is asked for.
    mutating func asking(_ channel: ChannelID) {
        self.entries[channel, default: Entry()].asking += 1
    }

    /// Redis has answered, or has not, and then it may have counted the seat.
    ///
    /// - Returns: the number to be said now, where it had to wait.
    mutating func answered(_ channel: ChannelID, isTaken: Bool?) -> Int? {
        self.entries[channel, default: Entry()].asking -= 1
        switch isTaken {
        case true: self.entries[channel]?.held += 1
        case false: break
        case nil: self.entries[channel]?.isStale = true
        }
        self.forgetIfIdle(channel)
        // Where Redis has just not answered, the next renewal is soon enough.
        guard isTaken != nil, self.entries[channel]?.isStale ?? false else { return nil }
        return self.number(of: channel)
    }

    /// A seat was given back.
    ///
    /// - Returns: the number to be said; nil where it has to wait for an answer.
    mutating func gaveBack(_ channel: ChannelID) -> Int? {
        self.entries[channel]?.held -= 1
        self.entries[channel]?.isStale = true
        return self.number(of: channel)
    }

    /// Redis was told the number.
    mutating func told(_ channel: ChannelID, _ number: Int) {
        guard let entry = self.entries[channel], entry.asking == 0, entry.held == number else { return }
        self.entries[channel]?.isStale = false
        self.forgetIfIdle(channel)
    }

    /// The number to be said of a channel; nil where it is not known right now.
    func number(of channel: ChannelID) -> Int? {
        self.entries[channel].flatMap { $0.asking == 0 ? $0.held : nil }
    }

    /// What is due to be said of all channels.
    var due: [(channel: ChannelID, number: Int)] {
        self.entries.compactMap { channel, entry in
            entry.asking == 0 && (entry.held > 0 || entry.isStale) ? (channel, entry.held) : nil
        }
    }

    private mutating func forgetIfIdle(_ channel: ChannelID) {
        if let entry = self.entries[channel], entry.held == 0, entry.asking == 0, !entry.isStale {
            self.entries[channel] = nil
        }
    }
}
