// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared
internal import Testing

extension BrokerRule {
    /// What is promised of the cursors of consumers.
    static let cursors: [BrokerRule] = [
        BrokerRule("a consumer's cursor is where it was moved last, on every node, and nobody else's") { bed in
            try await bed.withBrokers { first, second in
                let channel = Fixtures.channel()
                let positions = try await first.publish(["a", "b", "c"], to: channel)
                let (bot, archive) = (try #require(ConsumerName("bot")), try #require(ConsumerName("archive-2")))
                #expect(try await first.cursor(of: bot, on: channel) == nil)
                try await first.moveCursor(of: bot, on: channel, to: positions[0])
                try await second.moveCursor(of: archive, on: channel, to: positions[2])
                try await first.moveCursor(of: .anybody, on: channel, to: positions[1])
                #expect(try await second.cursor(of: bot, on: channel) == positions[0])
                #expect(try await first.cursor(of: archive, on: channel) == positions[2])
                #expect(try await second.cursor(of: .anybody, on: channel) == positions[1])
                #expect(try await first.cursor(of: bot, on: Fixtures.channel()) == nil)
            }
        },
        BrokerRule("a cursor never goes back") { bed in
            try await bed.withBroker { broker in
                let channel = Fixtures.channel()
                let positions = try await broker.publish(["a", "b", "c"], to: channel)
                try await broker.moveCursor(of: .anybody, on: channel, to: positions[1])
                try await broker.moveCursor(of: .anybody, on: channel, to: positions[0])
                #expect(try await broker.cursor(of: .anybody, on: channel) == positions[1])
                try await broker.moveCursor(of: .anybody, on: channel, to: positions[2])
                #expect(try await broker.cursor(of: .anybody, on: channel) == positions[2])
            }
        },
        BrokerRule("a cursor is not moved to an epoch that is not the log's") { bed in
            try await bed.withBroker { broker in
                let channel = Fixtures.channel()
                let position = try await broker.publish(["a"], to: channel)[0]
                let other = Position(epoch: .random(), offset: 7)
                try await broker.moveCursor(of: .anybody, on: channel, to: other)
                #expect(try await broker.cursor(of: .anybody, on: channel) == nil)
                try await broker.moveCursor(of: .anybody, on: channel, to: position)
                try await broker.moveCursor(of: .anybody, on: channel, to: other)
                #expect(try await broker.cursor(of: .anybody, on: channel) == position)
            }
        },
        BrokerRule("a cursor outlives the events that it has passed") { bed in
            var settings = BrokerSettings()
            settings.retentionAgeMilliseconds = 1_000
            try await bed.withBroker(settings) { broker in
                let channel = Fixtures.channel()
                let (_, feed) = try await broker.record(channel)
                let name = try #require(ConsumerName("bot"))
                let position = try await broker.publish(["a"], to: channel)[0]
                try await broker.moveCursor(of: name, on: channel, to: position)
                try await bed.advance(milliseconds: 1_400)
                try await broker.publish(["b"], to: channel)
                #expect(try await broker.cursor(of: name, on: channel) == position)
                feed.cancel()
            }
        },
        BrokerRule("consumers whose next event is not retained any more make room for others") { bed in
            var settings = BrokerSettings()
            settings.retentionCount = 4
            try await bed.withBroker(settings) { broker in
                let channel = Fixtures.channel()
                let old = try await broker.publish(["a"], to: channel)[0]
                try await broker.moveCursor(of: .anybody, on: channel, to: old)
                for number in 1..<ConsumerName.limit {
                    let name = try #require(ConsumerName("consumer-\(number)"))
                    try await broker.moveCursor(of: name, on: channel, to: old)
                }
                let kept = try await broker.publish(["b", "c", "d", "e", "f"], to: channel)[0]
                let (present, new) = (try #require(ConsumerName("present")), try #require(ConsumerName("new")))
                // What comes next for it is the oldest that is retained.
                try await broker.moveCursor(of: present, on: channel, to: kept)
                try await broker.moveCursor(of: new, on: channel, to: kept)
                #expect(try await broker.cursor(of: new, on: channel) == kept)
                #expect(try await broker.cursor(of: present, on: channel) == kept)
                #expect(try await broker.cursor(of: .anybody, on: channel) == old)
                #expect(try await broker.cursor(of: try #require(ConsumerName("consumer-1")), on: channel) == nil)
            }
        },
        BrokerRule("a channel has a bounded number of consumers, and room for those who name none") { bed in
            try await bed.withBroker { broker in
                let channel = Fixtures.channel()
                let position = try await broker.publish(["a"], to: channel)[0]
                for number in 1...ConsumerName.limit {
                    let name = try #require(ConsumerName("consumer-\(number)"))
                    try await broker.moveCursor(of: name, on: channel, to: position)
                }
                let name = try #require(ConsumerName("one-more"))
                await #expect(throws: BrokerError.tooManyConsumers) {
                    try await broker.moveCursor(of: name, on: channel, to: position)
                }
                try await broker.moveCursor(of: .anybody, on: channel, to: position)
                #expect(try await broker.cursor(of: .anybody, on: channel) == position)
            }
        },
    ]
}

extension Broker {
    /// Reads a cursor on one of the fixture's event loops.
    func cursor(of consumer: ConsumerName, on channel: ChannelID) async throws -> Position? {
        try await self.cursor(of: consumer, on: channel, eventLoop: Fixtures.eventLoop).get()
    }

    /// Moves a cursor from one of the fixture's event loops.
    func moveCursor(of consumer: ConsumerName, on channel: ChannelID, to position: Position) async throws {
        try await self.moveCursor(of: consumer, on: channel, to: position, eventLoop: Fixtures.eventLoop).get()
    }
}
