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
        #expect(
            other.received(Envelopes.event(4)) == .gone("the log has no such event, or it is for one consumer only")
        )
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

    /// What does not come, for a filter keeps it back or it is another's, is not waited for.
    @Test func reached() {
        var open = ReplayCollection(.since("5m"), isFiltered: true)
        #expect(open.began(Self.began(0, head: 5)) == .more)
        #expect(open.received(Envelopes.event(2)) == .more && open.reached(Envelopes.position(4)) == .more)
        #expect(open.reached(Envelopes.position(5)) == .complete && Self.offsets(open) == [2])
        var closed = ReplayCollection(.range(from: Envelopes.position(1), until: Envelopes.position(3)))
        #expect(closed.began(Self.began(0, head: 5)) == .more && closed.reached(Envelopes.position(2)) == .more)
        #expect(closed.reached(Envelopes.position(3)) == .complete)
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

    /// What was published again is not published once more, unless it is named; posted it is like any other.
    @Test(arguments: [
        (ReplaySelection.last(9), true, [UInt64(1), 3]), (.last(2), true, [1, 3]), (.since("5m"), true, [1, 3]),
        (.range(from: Envelopes.position(1), until: nil), true, [1, 2, 3, 4]), (.last(9), false, [1, 2, 3, 4]),
    ])
    func replays(selection: ReplaySelection, isRepublished: Bool, offsets: [UInt64]) {
        var collection = ReplayCollection(selection, isRepublished: isRepublished)
        #expect(collection.began(Self.began(0, head: 4)) == .more)
        for offset in UInt64(1)...4 {
            let more = offset % 2 == 0 ? #","replayof":"1-0""# : ""
            let progress = collection.received(Envelopes.event(offset, more: more))
            #expect(progress == (offset == 4 ? .complete : .more))
        }
        #expect(Self.offsets(collection) == offsets)
    }

    /// What is lost behind the beginning is told, and the rest is collected; where the rest is asked for again, it is
    /// waited for.
    @Test(arguments: [ReplaySelection.since("5m"), .last(9), .range(from: Envelopes.position(1), until: nil)])
    func losses(selection: ReplaySelection) {
        var collection = ReplayCollection(selection)
        #expect(collection.began(Self.began(0, head: 5)) == .more)
        #expect(collection.received(Envelopes.event(1)) == .more)
        #expect(collection.began(Self.began(3, head: 6, loss: "trimmed")) == .more)
        var again = Self.began(6, head: 6, loss: "trimmed")
        again.isAskedAgain = true
        #expect(collection.began(again) == .more)
        #expect(collection.began(Self.began(3, head: 6)) == .more)
        #expect(collection.received(Envelopes.event(4)) == .more)
        #expect(collection.received(Envelopes.event(5)) == .complete && Self.offsets(collection) == [1, 4, 5])
        #expect(collection.gaps == Array(repeating: "Events behind 1-1 were lost (trimmed): d.", count: 2))
    }

    /// In a log that begins anew there is nothing of a range; of the others there is what is left.
    @Test func anotherLog() {
        let position = Envelopes.position(2, epoch: 2)
        let recovery = RelayMessage.Recovery(
            position: Envelopes.position(0, epoch: 2),
            head: position,
            loss: "epoch_changed",
            detail: "d"
        )
        var range = ReplayCollection(.range(from: Envelopes.position(1), until: Envelopes.position(3)))
        var since = ReplayCollection(.since("5m"))
        for progress in [range.began(Self.began(0, head: 5)), range.received(Envelopes.event(1))] {
            #expect(progress == .more)
        }
        for progress in [since.began(Self.began(0, head: 5)), since.received(Envelopes.event(1))] {
            #expect(progress == .more)
        }
        #expect(range.began(recovery) == .complete && range.gaps.count == 2)
        #expect(since.began(recovery) == .more && since.gaps.count == 1)
        #expect(since.received(Envelopes.event(1, epoch: 2)) == .more)
        #expect(since.received(Envelopes.event(2, epoch: 2)) == .complete && since.events.count == 3)
    }

    /// The ends of a range that are not there are told, but where a filter may keep them back.
    @Test func ends() {
        func collect(_ until: UInt64, isFiltered: Bool = false) -> [String] {
            let range = ReplaySelection.range(from: Envelopes.position(1), until: Envelopes.position(until))
            var collection = ReplayCollection(range, isFiltered: isFiltered)
            _ = collection.began(Self.began(0, head: 4))
            for offset in [UInt64(2), 4] where collection.received(Envelopes.event(offset)) == .complete { break }
            return collection.gaps
        }
        let absent = " did not come: it may be for one consumer only, or is not retained any more."
        #expect(collect(4) == ["1-1" + absent])
        #expect(collect(3) == ["1-1" + absent, "1-3" + absent])
        #expect(collect(9) == ["1-1" + absent, "There is no 1-9: the log ends with 1-4."])
        #expect(collect(9, isFiltered: true).isEmpty)
    }

    /// What is gone is told, not replaced by what is left.
    @Test func gone() {
        var collection = ReplayCollection(.range(from: Envelopes.position(2), until: nil))
        #expect(collection.began(Self.began(9, head: 9, loss: "trimmed")) == .gone("trimmed: d"))
        var young = ReplayCollection(.since("5m"))
        #expect(young.began(Self.began(5, head: 6, loss: "trimmed")) == .more)
    }
}
