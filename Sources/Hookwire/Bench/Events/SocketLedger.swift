// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// Tracks the events received by one socket: finds duplicates, wrong order and, in the end, losses.
struct SocketLedger {
    /// The classification of a delivery.
    enum Delivery: Equatable {
        case first
        /// The first of its event, but behind another that was sent only after this one had been acknowledged.
        case firstOutOfOrder
        case duplicate
    }

    private var received = SequenceSet()
    /// The latest time at which one of the received events was sent.
    private var latestSend: NIODeadline?

    /// Takes a delivery.
    ///
    /// Events that were in flight together may come in any order. If one was acknowledged before the other was sent,
    /// there is only one right order.
    ///
    /// - Parameters:
    ///   - sent: when its request was sent, or a time before that.
    ///   - accepted: when its request was acknowledged; nil if it is not yet.
    mutating func receive(_ sequence: Int, sent: NIODeadline, accepted: NIODeadline?) -> Delivery {
        guard self.received.insert(sequence) else { return .duplicate }
        defer { self.latestSend = max(self.latestSend ?? sent, sent) }
        guard let accepted, let latestSend = self.latestSend, accepted <= latestSend else { return .first }
        return .firstOutOfOrder
    }

    /// How many of the accepted events have not come.
    func lost(of accepted: SequenceSet) -> Int {
        accepted.count(notIn: self.received)
    }
}

/// A set of sequence numbers, a bit each.
struct SequenceSet {
    private var words: [UInt64] = []

    /// - Returns: false if it was in the set already.
    mutating func insert(_ sequence: Int) -> Bool {
        let (word, bit) = sequence.quotientAndRemainder(dividingBy: UInt64.bitWidth)
        if word >= self.words.count {
            self.words.append(contentsOf: repeatElement(0, count: word + 1 - self.words.count))
        }
        let mask = UInt64(1) << UInt64(bit)
        guard self.words[word] & mask == 0 else { return false }
        self.words[word] |= mask
        return true
    }

    /// How many of its members the other set lacks.
    func count(notIn other: SequenceSet) -> Int {
        var count = 0
        for (index, word) in self.words.enumerated() {
            count += (word & ~(index < other.words.count ? other.words[index] : 0)).nonzeroBitCount
        }
        return count
    }
}
