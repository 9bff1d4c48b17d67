// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

@testable import Hookwire

@Suite struct SocketLedgerTests {
    private var ledger = SocketLedger()

    private func time(_ nanoseconds: UInt64) -> NIODeadline { .uptimeNanoseconds(nanoseconds) }

    /// The second delivery of an event is a duplicate, however often and however late it comes.
    @Test mutating func findsDuplicates() {
        #expect(self.ledger.receive(5, sent: self.time(1), accepted: nil) == .first)
        #expect(self.ledger.receive(6, sent: self.time(1), accepted: nil) == .first)
        #expect(self.ledger.receive(5, sent: self.time(1), accepted: nil) == .duplicate)
        #expect(self.ledger.receive(5, sent: self.time(1), accepted: self.time(2)) == .duplicate)
    }

    /// An event that was acknowledged before another was sent has to come before it.
    @Test mutating func findsWrongOrder() {
        #expect(self.ledger.receive(1, sent: self.time(30), accepted: nil) == .first)
        #expect(self.ledger.receive(0, sent: self.time(10), accepted: self.time(20)) == .firstOutOfOrder)
    }

    /// An acknowledgement at the very time of the next request came before it.
    @Test mutating func findsWrongOrderAtTheSameTime() {
        #expect(self.ledger.receive(1, sent: self.time(20), accepted: nil) == .first)
        #expect(self.ledger.receive(0, sent: self.time(10), accepted: self.time(20)) == .firstOutOfOrder)
    }

    /// It is the latest of all that came before that counts, not the last.
    @Test mutating func remembersTheLatest() {
        #expect(self.ledger.receive(2, sent: self.time(100), accepted: nil) == .first)
        #expect(self.ledger.receive(1, sent: self.time(50), accepted: self.time(110)) == .first)
        #expect(self.ledger.receive(0, sent: self.time(10), accepted: self.time(60)) == .firstOutOfOrder)
    }

    /// Events that were under way together may come in any order, whether their answers have come or not.
    @Test mutating func allowsAnyOrderOfConcurrentEvents() {
        #expect(self.ledger.receive(1, sent: self.time(12), accepted: self.time(20)) == .first)
        #expect(self.ledger.receive(0, sent: self.time(10), accepted: self.time(13)) == .first)
        #expect(self.ledger.receive(2, sent: self.time(11), accepted: nil) == .first)
    }

    /// What was accepted and never came is lost; what was not accepted is not missed.
    @Test mutating func countsLosses() {
        var accepted = SequenceSet()
        for sequence in [0, 63, 64, 65, 1_000] {
            let isNew = accepted.insert(sequence)
            #expect(isNew)
        }
        #expect(self.ledger.lost(of: accepted) == 5)
        for sequence in [0, 1, 64, 5_000] {
            _ = self.ledger.receive(sequence, sent: self.time(1), accepted: nil)
        }
        #expect(self.ledger.lost(of: accepted) == 3)
        #expect(SocketLedger().lost(of: SequenceSet()) == 0)
    }
}
