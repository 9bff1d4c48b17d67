// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Shared
import Testing

@testable import Egress

/// What of a round a client is to have, found and encoded once for all that are to have the same.
@Suite struct FeedRoundTests {
    private func replay(_ offset: UInt64, for consumer: ConsumerName?) -> LogEntry {
        let entry = LogEntry.sample(offset)
        let replay = EventReplay(of: LogEntry.sample(1).position, consumer: consumer)
        return LogEntry(position: entry.position, event: entry.event.replayed(replay))
    }

    /// A replay for all is one event among others: the round is everybody's.
    @Test func replayForEverybody() throws {
        let round = FeedRound(entries: [.sample(2), self.replay(3, for: nil)])
        let reader = try #require(ConsumerName("reader"))
        #expect(round.admitted(by: nil, for: reader) === round)
        #expect(round.admitted(by: nil, for: nil) === round)
    }

    /// A replay for one consumer is left out for the others, of which all have the same round, and so its frames.
    @Test func replayForOne() throws {
        let (reader, other, third) = (
            try #require(ConsumerName("reader")), ConsumerName("other"), ConsumerName("third")
        )
        let round = FeedRound(entries: [.sample(2), self.replay(3, for: reader)])
        let forReader = try #require(round.admitted(by: nil, for: reader))
        #expect(forReader.entries.map(\.position.offset) == [2, 3])
        #expect(round.admitted(by: nil, for: reader) === forReader)
        let forOthers = try #require(round.admitted(by: nil, for: other))
        #expect(forOthers.entries.map(\.position.offset) == [2])
        #expect(round.admitted(by: nil, for: third) === forOthers)
        #expect(round.admitted(by: nil, for: nil) === forOthers)
        #expect(FeedRound(entries: [self.replay(3, for: reader)]).admitted(by: nil, for: other) == nil)
    }
}
