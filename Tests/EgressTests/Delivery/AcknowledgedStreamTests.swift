// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Shared
import Testing

@testable import Egress

/// Where the cursor of a client goes that acknowledges.
@Suite struct AcknowledgedStreamTests {
    private static func position(_ offset: UInt64, epoch: UInt64 = 1) -> Position {
        Position(epoch: Epoch(rawValue: epoch), offset: offset)
    }

    private let stream = AcknowledgedStream(beginsAtCursor: true)

    /// What was sent moves nothing; what the client says moves the cursor exactly there.
    @Test func onlyWhatIsAcknowledgedCounts() {
        #expect(self.stream.sent(upTo: Self.position(3), last: Self.position(3)) == nil)
        #expect(self.stream.acknowledged(Self.position(1), head: Self.position(3)) == Self.position(1))
        #expect(self.stream.acknowledged(Self.position(3), head: Self.position(3)) == Self.position(3))
    }

    /// What the filter keeps from the client counts as done with when all that it was sent is, and not before.
    @Test func filteredEvents() {
        #expect(self.stream.sent(upTo: Self.position(2), last: nil) == Self.position(2))
        #expect(self.stream.sent(upTo: Self.position(5), last: Self.position(4)) == nil)
        #expect(self.stream.sent(upTo: Self.position(9), last: nil) == nil)
        #expect(self.stream.acknowledged(Self.position(4), head: Self.position(9)) == Self.position(9))
        #expect(self.stream.sent(upTo: Self.position(12), last: nil) == Self.position(12))
    }

    /// Who began elsewhere than at the cursor does not pass over what lies between, before it has said what it is done with.
    @Test func beginsElsewhere() {
        let stream = AcknowledgedStream(beginsAtCursor: false)
        #expect(stream.sent(upTo: Self.position(5), last: nil) == nil)
        #expect(stream.acknowledged(Self.position(1), head: Self.position(5)) == Self.position(1))
        #expect(stream.sent(upTo: Self.position(6), last: nil) == nil)
        #expect(stream.sent(upTo: Self.position(7), last: Self.position(7)) == nil)
        #expect(stream.acknowledged(Self.position(7), head: Self.position(7)) == Self.position(7))
        #expect(stream.sent(upTo: Self.position(9), last: nil) == Self.position(9))
    }

    /// What was read from the log itself may be ahead of what its feed has heard of.
    @Test func aheadOfTheFeed() {
        #expect(self.stream.sent(upTo: Self.position(5), last: Self.position(5)) == nil)
        #expect(self.stream.acknowledged(Self.position(5), head: Self.position(3)) == Self.position(5))
        #expect(self.stream.acknowledged(Self.position(6), head: Self.position(3)) == nil)
    }

    /// A position that is not this log's, or ahead of it, moves nothing.
    @Test func foreignPositions() {
        #expect(self.stream.sent(upTo: Self.position(3), last: Self.position(3)) == nil)
        #expect(self.stream.acknowledged(Self.position(4), head: Self.position(3)) == nil)
        #expect(self.stream.acknowledged(Self.position(2, epoch: 2), head: Self.position(3)) == nil)
        #expect(self.stream.acknowledged(Self.position(3), head: Self.position(3)) == Self.position(3))
    }
}
