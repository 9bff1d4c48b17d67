// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared
internal import Testing

extension BrokerRule {
    /// What is promised of groups and dead letters.
    static let groups: [BrokerRule] = [
        BrokerRule("a group hands every event to one member, in order, and every group gets all") { bed in
            try await bed.withBrokers { first, second in
                let channel = Fixtures.channel()
                let positions = try await first.publish(["a", "b", "c", "d"], to: channel)
                let page = try await first.take(2, for: "g", on: channel)
                #expect(page.texts == ["a", "b"])
                #expect(page.deliveries.map(\.entry.position) == Array(positions[0...1]))
                #expect(page.deliveries.map(\.attempt) == [1, 1])
                #expect(try await second.take(10, for: "g", on: channel).texts == ["c", "d"])
                #expect(try await first.take(10, for: "g", on: channel).texts == [])
                #expect(try await second.take(10, for: "h", on: channel).texts == ["a", "b", "c", "d"])
                try await second.publish(["e"], to: channel)
                #expect(try await first.take(10, for: "g", on: channel).texts == ["e"])
            }
        },
        BrokerRule("members that ask at the same time share the events out") { bed in
            try await bed.withBrokers { first, second in
                let channel = Fixtures.channel()
                let texts = (1...200).map(String.init)
                try await first.publish(texts, to: channel)
                let taken = try await withThrowingTaskGroup(of: [String].self) { tasks in
                    for number in 0..<8 {
                        tasks.addTask {
                            var mine: [String] = []
                            while true {
                                let page = try await (number % 2 == 0 ? first : second).take(7, for: "g", on: channel)
                                guard !page.deliveries.isEmpty else { return mine }
                                mine += page.texts
                            }
                        }
                    }
                    return try await tasks.reduce(into: []) { $0 += $1 }
                }
                #expect(taken.count == 200)
                #expect(Set(taken) == Set(texts))
            }
        },
        BrokerRule("what is not settled is tried again after the visibility time, and before what is new") { bed in
            try await bed.withBroker { broker in
                let channel = Fixtures.channel()
                let visibility = bed.visibilityMilliseconds
                let positions = try await broker.publish(["a", "b", "c"], to: channel)
                #expect(
                    try await broker.take(3, for: "g", visibility: visibility, on: channel).texts == ["a", "b", "c"]
                )
                try await broker.settle(.ack, positions[1...1], for: "g", on: channel)
                try await broker.publish(["d"], to: channel)
                #expect(try await broker.take(1, for: "g", visibility: visibility, on: channel).texts == ["d"])
                try await bed.advance(milliseconds: visibility + 100)
                try await broker.publish(["e"], to: channel)
                let page = try await broker.take(10, for: "g", visibility: visibility, on: channel)
                #expect(page.texts == ["a", "c", "d", "e"])
                #expect(page.deliveries.map(\.attempt) == [2, 2, 2, 1])
            }
        },
        BrokerRule("what is settled is not tried again") { bed in
            try await bed.withBroker { broker in
                let channel = Fixtures.channel()
                let visibility = bed.visibilityMilliseconds
                let positions = try await broker.publish(["a", "b", "c"], to: channel)
                _ = try await broker.take(3, for: "g", visibility: visibility, on: channel)
                try await broker.settle(.ack, positions[...], for: "g", on: channel)
                try await bed.advance(milliseconds: visibility + 100)
                #expect(try await broker.take(10, for: "g", visibility: visibility, on: channel).texts == [])
                // Twice, or what nobody took, or of another epoch: nothing happens.
                try await broker.settle(.ack, positions[...], for: "g", on: channel)
                try await broker.settle(.nack, positions[...], for: "g", on: channel)
                try await broker.settle(.nack, positions[...], for: "nobody", on: channel)
                try await broker.settle(.nack, [Position(epoch: .random(), offset: 1)], for: "g", on: channel)
                #expect(try await broker.take(10, for: "g", visibility: visibility, on: channel).texts == [])
            }
        },
        BrokerRule("what is refused is another member's at once, and the attempt counts") { bed in
            try await bed.withBroker { broker in
                let channel = Fixtures.channel()
                let positions = try await broker.publish(["a", "b"], to: channel)
                _ = try await broker.take(2, for: "g", on: channel)
                try await broker.settle(.nack, positions[0...0], for: "g", on: channel)
                let page = try await broker.take(2, for: "g", on: channel)
                #expect(page.texts == ["a"])
                #expect(page.deliveries.map(\.attempt) == [2])
            }
        },
        BrokerRule("what is refused is left for others as long as a member says, but for what is given up") { bed in
            try await bed.withBroker { broker in
                let channel = Fixtures.channel()
                let positions = try await broker.publish(["a", "b"], to: channel)
                _ = try await broker.take(2, for: "g", on: channel)
                try await broker.settle(.nack, positions[0...1], for: "g", on: channel)
                try await broker.publish(["c"], to: channel)
                #expect(try await broker.take(9, for: "g", patience: 600_000, on: channel).texts == ["c"])
                let page = try await broker.take(1, for: "g", on: channel)
                #expect(page.texts == ["a"] && page.deliveries.map(\.attempt) == [2])
                #expect(
                    try await broker.take(9, for: "g", attempts: 1, patience: 600_000, on: channel).deadLetters == 1
                )
                try await broker.settle(.nack, positions[0...0], for: "g", on: channel)
                try await bed.advance(milliseconds: 300)
                #expect(try await broker.take(9, for: "g", patience: 600_000, on: channel).texts == [])
                #expect(try await broker.take(9, for: "g", patience: 200, on: channel).texts == ["a"])
            }
        },
        BrokerRule("what nobody failed at and is given back is anybody's at once, and does not count as tried") { bed in
            try await bed.withBroker { broker in
                let channel = Fixtures.channel()
                let positions = try await broker.publish(["a"], to: channel)
                for _ in 0..<3 {
                    let page = try await broker.take(1, for: "g", attempts: 1, patience: 600_000, on: channel)
                    #expect(page.texts == ["a"] && page.deliveries.map(\.attempt) == [1])
                    try await broker.settle(.release, positions[...], for: "g", on: channel)
                }
                _ = try await broker.take(1, for: "g", on: channel)
                try await broker.settle(.nack, positions[...], for: "g", on: channel)
                _ = try await broker.take(1, for: "g", on: channel)
                try await broker.settle(.release, positions[...], for: "g", on: channel)
                #expect(try await broker.take(1, for: "g", on: channel).deliveries.map(\.attempt) == [2])
                // What is settled already stays so.
                try await broker.settle(.ack, positions[...], for: "g", on: channel)
                try await broker.settle(.release, positions[...], for: "g", on: channel)
                #expect(try await broker.take(1, for: "g", on: channel).texts == [])
            }
        },
        BrokerRule("a refusal and a release of an earlier attempt change nothing; an acknowledgement counts") { bed in
            try await bed.withBroker { broker in
                let channel = Fixtures.channel()
                let visibility = bed.visibilityMilliseconds
                try await broker.publish(["a"], to: channel)
                let first = try await broker.take(1, for: "g", visibility: visibility, on: channel)
                try await bed.advance(milliseconds: visibility + 100)
                let second = try await broker.take(1, for: "g", visibility: visibility, on: channel)
                #expect(second.deliveries.map(\.attempt) == [2])
                for verdict: GroupSettlement.Verdict in [.nack, .release] {
                    try await broker.settle(verdict, first, for: "g", on: channel)
                    #expect(try await broker.take(1, for: "g", on: channel).texts == [])
                }
                try await broker.settle(.release, second, for: "g", on: channel)
                #expect(try await broker.take(1, for: "g", on: channel).deliveries.map(\.attempt) == [2])
                try await broker.settle(.nack, second, for: "g", on: channel)
                #expect(try await broker.take(1, for: "g", on: channel).deliveries.map(\.attempt) == [3])
                // It is done, whoever has it now.
                try await broker.settle(.ack, second, for: "g", on: channel)
                #expect(try await broker.take(1, for: "g", attempts: 1, on: channel).deadLetters == 0)
            }
        },
        BrokerRule("an event that is tried too often becomes a dead letter, whose event and story are kept") { bed in
            try await bed.withBroker { broker in
                let channel = Fixtures.channel()
                let positions = try await broker.publish(["a", "b"], to: channel)
                for attempt in 1...3 {
                    let page = try await broker.take(1, for: "g", attempts: 3, on: channel)
                    #expect(page.texts == ["a"])
                    #expect(page.deliveries.map(\.attempt) == [attempt])
                    #expect(page.deadLetters == 0)
                    try await broker.settle(.nack, positions[0...0], for: "g", on: channel)
                }
                let page = try await broker.take(1, for: "g", attempts: 3, on: channel)
                #expect(page.texts == ["b"])
                #expect(page.deadLetters == 1)
                let letters = try await broker.deadLetters(of: channel)
                #expect(letters.map(\.entry.event.text) == ["a"])
                #expect(letters.map(\.entry.position) == [positions[0]])
                #expect(letters.map(\.attempts) == [3])
                #expect(letters.map(\.group.text) == ["g"])
                #expect(try await broker.deadLetters(of: Fixtures.channel()).isEmpty)
            }
        },
        BrokerRule("dead letters are read in pages and dropped one by one") { bed in
            try await bed.withBroker { broker in
                let channel = Fixtures.channel()
                let visibility = bed.visibilityMilliseconds
                try await broker.publish(["a", "b", "c"], to: channel)
                _ = try await broker.take(3, for: "g", attempts: 1, visibility: visibility, on: channel)
                try await bed.advance(milliseconds: visibility + 100)
                #expect(
                    try await broker.take(3, for: "g", attempts: 1, visibility: visibility, on: channel).deadLetters
                        == 3
                )
                let first = try await broker.deadLetters(of: channel, limit: 2)
                #expect(first.map(\.entry.event.text) == ["a", "b"])
                let rest = try await broker.deadLetters(of: channel, after: first[1].number)
                #expect(rest.map(\.entry.event.text) == ["c"])
                #expect(
                    try await broker.dropDeadLetter(rest[0].number, of: channel, eventLoop: Fixtures.eventLoop).get()
                )
                #expect(
                    !(try await broker.dropDeadLetter(rest[0].number, of: channel, eventLoop: Fixtures.eventLoop).get())
                )
                #expect(try await broker.deadLetters(of: channel).map(\.entry.event.text) == ["a", "b"])
                // The number of one that is gone is not given again.
                try await broker.publish(["d"], to: channel)
                _ = try await broker.take(1, for: "g", attempts: 1, visibility: visibility, on: channel)
                try await bed.advance(milliseconds: visibility + 100)
                #expect(
                    try await broker.take(1, for: "g", attempts: 1, visibility: visibility, on: channel).deadLetters
                        == 1
                )
                #expect(try #require(try await broker.deadLetters(of: channel).last).number > rest[0].number)
            }
        },
        BrokerRule("a group says how many events were trimmed before they were settled") { bed in
            var settings = BrokerSettings()
            settings.retentionCount = 4
            try await bed.withBroker(settings) { broker in
                let channel = Fixtures.channel()
                let visibility = bed.visibilityMilliseconds
                let positions = try await broker.publish(["1", "2", "3", "4"], to: channel)
                _ = try await broker.take(2, for: "g", visibility: visibility, on: channel)
                try await broker.settle(.ack, positions[0...0], for: "g", on: channel)
                try await broker.publish(["5", "6", "7"], to: channel)
                // "2" was taken and not settled, "3" not even taken.
                try await bed.advance(milliseconds: visibility + 100)
                let page = try await broker.take(10, for: "g", visibility: visibility, on: channel)
                #expect(page.texts == ["4", "5", "6", "7"])
                #expect(page.lost == 2)
                #expect(try await broker.take(10, for: "g", visibility: visibility, on: channel).lost == 0)
            }
        },
        BrokerRule("what a member has not settled is lost when it is over, and not tried again") { bed in
            var settings = BrokerSettings()
            settings.retentionAgeMilliseconds = 1_200
            try await bed.withBroker(settings) { broker in
                let channel = Fixtures.channel()
                let visibility = bed.visibilityMilliseconds
                let positions = try await broker.publish(["a", "b", "c"], to: channel)
                _ = try await broker.take(3, for: "g", attempts: 1, visibility: visibility, on: channel)
                try await broker.settle(.nack, positions[0...0], for: "g", on: channel)
                try await broker.settle(.release, positions[1...1], for: "g", on: channel)
                try await bed.advance(milliseconds: 1_600)
                let page = try await broker.take(3, for: "g", attempts: 1, visibility: visibility, on: channel)
                #expect(page.texts == [] && page.lost == 3 && page.deadLetters == 0)
            }
        },
        BrokerRule("a group that is new begins where its first member says") { bed in
            try await bed.withBroker { broker in
                let channel = Fixtures.channel()
                let positions = try await broker.publish(["a", "b", "c"], to: channel)
                #expect(try await broker.take(5, for: "late", start: positions[1], on: channel).texts == ["c"])
                #expect(try await broker.take(5, for: "live", start: positions[2], on: channel).texts == [])
                try await broker.publish(["d"], to: channel)
                // It has begun: what is said later does not count.
                #expect(try await broker.take(5, for: "live", start: nil, on: channel).texts == ["d"])
            }
        },
        BrokerRule("a group that is new has not lost what was over before it") { bed in
            var settings = BrokerSettings()
            settings.retentionAgeMilliseconds = 1_200
            try await bed.withBroker(settings) { broker in
                let channel = Fixtures.channel()
                try await broker.publish(["a", "b", "c"], to: channel)
                try await bed.advance(milliseconds: 1_600)
                let page = try await broker.take(5, for: "g", on: channel)
                #expect(page.texts == [])
                #expect(page.lost == 0)
            }
        },
        BrokerRule("a consumer and a group that had everything are not told of losses when that is over") { bed in
            var settings = BrokerSettings()
            settings.retentionAgeMilliseconds = 1_200
            try await bed.withBroker(settings) { broker in
                let channel = Fixtures.channel()
                let consumer = try #require(ConsumerName("c"))
                let positions = try await broker.publish(["a", "b"], to: channel)
                let last = positions[1]
                try await broker.moveCursor(of: consumer, on: channel, to: last, eventLoop: Fixtures.eventLoop).get()
                _ = try await broker.take(5, for: "g", on: channel)
                try await broker.settle(.ack, positions[0...1], for: "g", on: channel)
                try await bed.advance(milliseconds: 1_600)
                // What is over goes when somebody publishes.
                try await broker.publish(["other"], to: Fixtures.channel())
                #expect(try await broker.page(channel, after: last).texts == [])
                #expect(try await broker.take(5, for: "g", on: channel).lost == 0)
                let next = try await broker.publish(["c"], to: channel)
                #expect(next[0].epoch == last.epoch && next[0].offset == last.offset + 1)
                #expect(try await broker.page(channel, after: last).texts == ["c"])
                let page = try await broker.take(5, for: "g", on: channel)
                #expect(page.texts == ["c"] && page.lost == 0)
            }
        },
        BrokerRule("a group that has members before its channel has events misses none") { bed in
            try await bed.withBroker { broker in
                let channel = Fixtures.channel()
                let (_, feed) = try await broker.record(channel)
                #expect(try await broker.take(5, for: "g", start: feed.start, on: channel).texts == [])
                try await broker.publish(["a", "b"], to: channel)
                let page = try await broker.take(5, for: "g", on: channel)
                #expect(page.texts == ["a", "b"])
                #expect(page.lost == 0)
                feed.cancel()
            }
        },
        BrokerRule("groups whose next event is not retained any more make room for others") { bed in
            var settings = BrokerSettings()
            settings.retentionCount = 4
            try await bed.withBroker(settings) { broker in
                let channel = Fixtures.channel()
                try await broker.publish(["a"], to: channel)
                for number in 1..<ConsumerName.limit {
                    _ = try await broker.take(1, for: "group-\(number)", on: channel)
                }
                try await broker.publish(["b", "c", "d", "e", "f"], to: channel)
                #expect(try await broker.take(1, for: "present", on: channel).texts == ["c"])
                #expect(try await broker.take(1, for: "new", on: channel).texts == ["c"])
                #expect(try await broker.take(1, for: "present", on: channel).texts == ["d"])
                #expect(try await broker.take(1, for: "group-1", on: channel).texts == ["c"])
            }
        },
        BrokerRule("a channel has a bounded number of groups") { bed in
            try await bed.withBroker { broker in
                let channel = Fixtures.channel()
                try await broker.publish(["a"], to: channel)
                for number in 1...ConsumerName.limit {
                    _ = try await broker.take(1, for: "group-\(number)", on: channel)
                }
                await #expect(throws: BrokerError.tooManyConsumers) {
                    try await broker.take(1, for: "one-more", on: channel)
                }
            }
        },
    ]
}

extension Broker {
    /// Takes events for a member of a group, with a visibility time that no test outlasts where none is given.
    fileprivate func take(
        _ limit: Int,
        for group: String,
        attempts: Int = 5,
        visibility: Int64 = 600_000,
        patience: Int64 = 0,
        start: Position? = nil,
        on channel: ChannelID
    ) async throws -> GroupPage {
        let request = GroupRequest(
            group: try #require(ConsumerName(group)),
            limit: limit,
            visibilityMilliseconds: visibility,
            attempts: attempts,
            patienceMilliseconds: patience,
            start: start
        )
        return try await self.take(request, on: channel, eventLoop: Fixtures.eventLoop).get()
    }

    fileprivate func settle(
        _ verdict: GroupSettlement.Verdict,
        _ positions: ArraySlice<Position>,
        for group: String,
        on channel: ChannelID
    ) async throws {
        let settlement = GroupSettlement(
            group: try #require(ConsumerName(group)),
            verdict: verdict,
            positions: Array(positions)
        )
        try await self.settle(settlement, on: channel, eventLoop: Fixtures.eventLoop).get()
    }

    /// Settles the attempts of a page.
    fileprivate func settle(
        _ verdict: GroupSettlement.Verdict,
        _ page: GroupPage,
        for group: String,
        on channel: ChannelID
    ) async throws {
        let settlement = GroupSettlement(
            group: try #require(ConsumerName(group)),
            verdict: verdict,
            attempts: page.deliveries.map { GroupSettlement.Attempt($0) }
        )
        try await self.settle(settlement, on: channel, eventLoop: Fixtures.eventLoop).get()
    }

    fileprivate func deadLetters(
        of channel: ChannelID,
        after number: UInt64 = 0,
        limit: Int = 10
    ) async throws -> [DeadLetter] {
        try await self.deadLetters(of: channel, after: number, limit: limit, eventLoop: Fixtures.eventLoop).get()
    }
}

extension GroupPage {
    fileprivate var texts: [String] { self.deliveries.map(\.entry.event.text) }
}
