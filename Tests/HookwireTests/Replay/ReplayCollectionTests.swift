// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Shared
import Testing

@testable import Hookwire

/// What of the retained events is collected, and when that is all.
@Suite struct ReplayCollectionTests {
    private static func began(_ position: UInt64, head: UInt64, loss: String? = nil) -> RelayMessage.Recovery {
        .init(position: Envelopes.position(position), head: Envelopes.position(head), loss: loss, detail: "d")
    }

    private static func offsets(_ collection: ReplayCollection) -> [UInt64] { collection.events.map(\.position.offset) }

    /// One event is that one, and nothing in its place.
    @Test func one() {
        var collection = ReplayCollection(.one(Envelopes.position(3)))
        #expect(ReplaySelection.one(Envelopes.position(3)).start == .after(Envelopes.position(2)))
        #expect(collection.began(Self.began(2, head: 9)) == .more)
        #expect(collection.received(Envelopes.event(3)) == .complete && Self.offsets(collection) == [3])
        var other = ReplayCollection(.one(Envelopes.position(3)))
        #expect(other.received(Envelopes.event(4)) == .gone("the log has no such event"))
    }

    /// A range ends at its end, or where the log stood; what comes later is not of it.
    @Test func ranges() {
        var closed = ReplayCollection(.range(from: Envelopes.position(2), until: Envelopes.position(3)))
        #expect(closed.began(Self.began(1, head: 9)) == .more)
        #expect(closed.received(Envelopes.event(2)) == .more && closed.received(Envelopes.event(3)) == .complete)
        var filtered = ReplayCollection(.range(from: Envelopes.position(2), until: Envelopes.position(3)))
        #expect(filtered.received(Envelopes.event(4)) == .complete && filtered.events.isEmpty)
        var open = ReplayCollection(.range(from: Envelopes.position(2), until: nil))
        #expect(open.began(Self.began(1, head: 3)) == .more)
        #expect(open.received(Envelopes.event(2)) == .more && open.received(Envelopes.event(3)) == .complete)
    }

    /// The newest so many, fewer where there are no more; nothing where the log is empty.
    @Test func last() {
        var collection = ReplayCollection(.last(2))
        #expect(collection.began(Self.began(0, head: 3)) == .more)
        for offset in UInt64(1)...2 { #expect(collection.received(Envelopes.event(offset)) == .more) }
        #expect(collection.received(Envelopes.event(3)) == .complete && Self.offsets(collection) == [2, 3])
        var empty = ReplayCollection(.last(2))
        #expect(empty.began(Self.began(0, head: 0)) == .complete && empty.events.isEmpty)
    }

    /// What is gone is told, not replaced by what is left.
    @Test func gone() {
        var collection = ReplayCollection(.range(from: Envelopes.position(2), until: nil))
        #expect(collection.began(Self.began(9, head: 9, loss: "trimmed")) == .gone("trimmed: d"))
        var young = ReplayCollection(.since("5m"))
        #expect(young.began(Self.began(5, head: 6, loss: "trimmed")) == .more)
    }
}
