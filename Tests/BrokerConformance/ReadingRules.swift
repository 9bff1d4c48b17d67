// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared
internal import Testing

extension BrokerRule {
    /// What a read of the log promises.
    static let reading: [BrokerRule] = [
        BrokerRule("a read without a position begins at the oldest retained event") { bed in
            try await bed.withBroker { broker in
                let channel = Fixtures.channel()
                let positions = try await broker.publish(["a", "b", "c"], to: channel)
                let page = try await broker.page(channel)
                #expect(page.texts == ["a", "b", "c"])
                #expect(page.entries?.map(\.position) == positions)
                #expect(page.head == positions[2])
            }
        },
        BrokerRule("a read after a position begins with the next event") { bed in
            try await bed.withBroker { broker in
                let channel = Fixtures.channel()
                let positions = try await broker.publish(["a", "b", "c"], to: channel)
                #expect(try await broker.page(channel, after: positions[0]).texts == ["b", "c"])
                #expect(try await broker.page(channel, after: positions[2]).texts == [])
                #expect(try await broker.page(channel, after: positions[2]).head == positions[2])
                let beforeAll = Position(epoch: positions[0].epoch, offset: 0)
                #expect(try await broker.page(channel, after: beforeAll).texts == ["a", "b", "c"])
            }
        },
        BrokerRule("a page has no more than its limit, and pages follow each other") { bed in
            try await bed.withBroker { broker in
                let channel = Fixtures.channel()
                let positions = try await broker.publish((1...25).map(String.init), to: channel)
                var read: [LogEntry] = []
                var position: Position?
                while position != positions.last {
                    let page = try await broker.page(channel, after: position, limit: 10)
                    let entries = try #require(page.entries)
                    try #require(!entries.isEmpty && entries.count <= 10)
                    #expect(page.head == positions.last)
                    read += entries
                    position = entries.last?.position
                }
                #expect(read.map(\.position) == positions)
                #expect(try await broker.page(channel, limit: 1).texts == ["1"])
            }
        },
        BrokerRule("a page of large events has fewer than its limit, and at least one") { bed in
            try await bed.withBroker { broker in
                let channel = Fixtures.channel()
                let texts = ["a", "b", "c", "d"].map { String(repeating: $0, count: 600 << 10) }
                let positions = try await broker.publish(texts, to: channel)
                var read: [LogEntry] = []
                while read.last?.position != positions.last {
                    let page = try await broker.page(channel, after: read.last?.position, limit: 64)
                    let entries = try #require(page.entries)
                    // Whoever reads a page keeps it, so that it is bounded by its bytes.
                    try #require(entries.count == 1)
                    #expect(page.head == positions.last)
                    read += entries
                }
                #expect(read.map(\.position) == positions)
            }
        },
        BrokerRule("a log without events has a head at offset 0") { bed in
            try await bed.withBroker { broker in
                let page = try await broker.page(Fixtures.channel())
                #expect(page.texts == [])
                #expect(page.head.offset == 0)
            }
        },
        BrokerRule("a position ahead of the log is not recoverable") { bed in
            try await bed.withBroker { broker in
                let channel = Fixtures.channel()
                let head = try await broker.publish(["a", "b"], to: channel)[1]
                let ahead = Position(epoch: head.epoch, offset: 3)
                let page = try await broker.page(channel, after: ahead)
                #expect(page.reason == .ahead)
                #expect(page.head == head)
                let farAhead = Position(epoch: head.epoch, offset: .max)
                #expect(try await broker.page(channel, after: farAhead).reason == .ahead)
            }
        },
        BrokerRule("a position of another epoch is not recoverable") { bed in
            try await bed.withBroker { broker in
                let channel = Fixtures.channel()
                let head = try await broker.publish(["a", "b"], to: channel)[1]
                for offset: UInt64 in [0, 1, 2, 3] {
                    let page = try await broker.page(channel, after: Position(epoch: .random(), offset: offset))
                    #expect(page.reason == .epochChanged)
                    #expect(page.head == head)
                }
            }
        },
        BrokerRule("the position of a feed that had no event stays good when the feed is over") { bed in
            try await bed.withBroker { broker in
                let channel = Fixtures.channel()
                let (_, subscription) = try await broker.record(channel)
                let start = subscription.start
                subscription.cancel()
                #expect(try await broker.page(channel, after: start).texts == [])
                let positions = try await broker.publish(["a", "b"], to: channel)
                #expect(positions[0] == Position(epoch: start.epoch, offset: 1))
                #expect(try await broker.page(channel, after: start).texts == ["a", "b"])
            }
        },
        BrokerRule("a position is of no use on a channel that has no log") { bed in
            try await bed.withBroker { broker in
                let page = try await broker.page(Fixtures.channel(), after: Position(epoch: .random(), offset: 1))
                #expect(page.reason == .epochChanged)
            }
        },
    ]

    /// What is retained.
    static let retention: [BrokerRule] = [
        BrokerRule("a channel retains its newest events up to the count") { bed in
            var settings = BrokerSettings()
            settings.retentionCount = 10
            try await bed.withBroker(settings) { broker in
                let channel = Fixtures.channel()
                let positions = try await broker.publish((1...25).map(String.init), to: channel)
                #expect(try await broker.page(channel).texts == (16...25).map(String.init))
                #expect(try await broker.page(channel, after: positions[14]).texts == (16...25).map(String.init))
                let page = try await broker.page(channel, after: positions[13])
                #expect(page.reason == .trimmed)
                #expect(page.head == positions[24])
                // Another channel's events do not count.
                try await broker.publish((1...20).map(String.init), to: Fixtures.channel())
                #expect(try await broker.page(channel).entries?.count == 10)
            }
        },
        BrokerRule("a channel retains the event that was just published") { bed in
            var settings = BrokerSettings()
            settings.retentionCount = 1
            try await bed.withBroker(settings) { broker in
                let channel = Fixtures.channel()
                for text in ["a", "b", "c"] {
                    try await broker.publish([text], to: channel)
                    #expect(try await broker.page(channel).texts == [text])
                }
            }
        },
        BrokerRule("a channel retains events until their age") { bed in
            var settings = BrokerSettings()
            settings.retentionAgeMilliseconds = 2_000
            try await bed.withBroker(settings) { broker in
                let channel = Fixtures.channel()
                let old = try await broker.publish(["old 1", "old 2"], to: channel)
                try await bed.advance(milliseconds: 1_100)
                try await broker.publish(["middle"], to: channel)
                try await bed.advance(milliseconds: 1_100)
                let young = try await broker.publish(["young"], to: channel)
                #expect(young == [Position(epoch: old[0].epoch, offset: 4)])
                #expect(try await broker.page(channel).texts == ["middle", "young"])
                #expect(try await broker.page(channel, after: old[1]).texts == ["middle", "young"])
                #expect(try await broker.page(channel, after: old[0]).reason == .trimmed)
            }
        },
        BrokerRule("a position stays good when all events are over and nobody feeds any more") { bed in
            var settings = BrokerSettings()
            settings.retentionAgeMilliseconds = 1_000
            try await bed.withBroker(settings) { broker in
                let channel = Fixtures.channel()
                let (recorder, feed) = try await broker.record(channel)
                let first = try await broker.publish(["a"], to: channel)[0]
                await recorder.entries(atLeast: 1)
                try await broker.moveCursor(of: .anybody, on: channel, to: first)
                feed.cancel()
                try await bed.advance(milliseconds: 1_400)
                // What is over goes when something comes, on whatever channel.
                try await broker.publish(["x"], to: Fixtures.channel())
                #expect(try await broker.page(channel, after: first).texts == [])
                let second = try await broker.publish(["b"], to: channel)
                #expect(second == [Position(epoch: first.epoch, offset: 2)])
                #expect(try await broker.page(channel, after: first).texts == ["b"])
                #expect(try await broker.cursor(of: .anybody, on: channel) == first)
            }
        },
        BrokerRule("a feed that has nothing to deliver for longer than the retention is not interrupted") { bed in
            var settings = BrokerSettings()
            settings.retentionAgeMilliseconds = 1_000
            try await bed.withBroker(settings) { broker in
                let channel = Fixtures.channel()
                let (recorder, _) = try await broker.record(channel)
                let first = try await broker.publish(["a"], to: channel)
                await recorder.entries(atLeast: 1)
                try await bed.advance(milliseconds: 1_300)
                let second = try await broker.publish(["b"], to: channel)
                #expect(second == [Position(epoch: first[0].epoch, offset: 2)])
                #expect(await recorder.entries(atLeast: 2).map(\.event.text) == ["a", "b"])
                #expect(recorder.interruptions == [])
            }
        },
    ]
}
