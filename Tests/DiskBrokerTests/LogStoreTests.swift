// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import BrokerConformance
import GRDB
import NIOCore
import Shared
import Testing

@testable import DiskBroker

/// What a log lets go where even its channels are too many for the room that it has.
@Suite struct LogStoreTests {
    private final class Listener: FeedReceiver {
        func receive(_ entry: LogEntry) -> FeedPressure? { nil }
        func interrupted(_ reason: UnrecoverableReason, head: Position) {}
    }

    /// A clock that was set back by hours does not keep what has an age of its own until then.
    @Test func clockSetBack() throws {
        let queue = try DatabaseQueue()
        try DatabaseSchema.migrator.migrate(queue)
        try queue.write { database in
            var store = try LogStore(
                configuration: DiskBrokerConfiguration(directory: ""),
                space: DiskSpace(limit: 1 << 20, pageSize: 4_096),
                feeds: DiskFeeds(metrics: DiskBrokerMetrics()),
                database
            )
            let noon: Int64 = 1_700_000_000_000
            func publish(at now: Int64) throws {
                try store.begin(storing: 0, now: now, database)
                _ = try store.publish(
                    ByteBuffer(string: "event"),
                    to: Fixtures.channel(),
                    key: nil,
                    retention: ChannelRetention(ageMilliseconds: 5_000),
                    now: now,
                    database
                )
                _ = try store.finish(now: now, database)
            }
            try publish(at: noon)
            try publish(at: noon + 2_000)
            let morning = noon - 10_000_000
            for seconds: Int64 in [0, 10, 20] { try publish(at: morning + seconds * 1_000) }
            let times = try Int64.fetchAll(database, sql: "SELECT storedAt FROM event ORDER BY id")
            #expect(times == [noon, noon + 2_000, morning + 20_000])
        }
    }

    /// A bot's place is remembered for a day beyond the time that it keeps its own events for, as everybody's is beyond the
    /// node's.
    @Test func remembersBeyondTheOwnAge() throws {
        let day = DiskBrokerConfiguration.positionLifetimeMilliseconds
        try LogStore.inMemory { store, database in
            let (own, common) = (Fixtures.channel(), Fixtures.channel())
            for (channel, age) in [(own, 3 * day), (common, nil)] {
                let retention = ChannelRetention(ageMilliseconds: age)
                let event = ByteBuffer(string: "event")
                _ = try store.publish(event, to: channel, key: nil, retention: retention, now: 0, database)
            }
            _ = try store.finish(now: 0, database)
            let positions = try [own, common].map { try store.head(of: $0, database) }
            func isKnown(_ index: Int, at now: Int64) throws -> Bool {
                try store.begin(storing: 0, now: now, database)
                try store.keepUp(now: now, database)
                _ = try store.finish(now: now, database)
                return try store.head(of: index == 0 ? own : common, database) == positions[index]
            }
            #expect(try isKnown(1, at: day))
            #expect(try isKnown(0, at: 4 * day - 1))
            #expect(try !isKnown(1, at: 4 * day - 1))
            #expect(try !isKnown(0, at: 5 * day))
        }
    }

    /// A bot that has no events for days is remembered from when it was there last, though the node is started anew;
    /// and who was away as long as the node was has the time to come back.
    @Test func remembersFromTheLastFeedOn() throws {
        let (minute, hour): (Int64, Int64) = (60 * 1000, 60 * 60 * 1000)
        let queue = try DatabaseQueue()
        try DatabaseSchema.migrator.migrate(queue)
        try queue.write { database in
            let configuration = DiskBrokerConfiguration(directory: "")
            func open(_ feeds: DiskFeeds) throws -> LogStore {
                let space = DiskSpace(limit: 1 << 24, pageSize: 4_096)
                return try LogStore(configuration: configuration, space: space, feeds: feeds, database)
            }
            func keepUp(_ store: inout LogStore, at now: Int64) throws {
                try store.begin(storing: 0, now: now, database)
                try store.keepUp(now: now, database)
                _ = try store.finish(now: now, database)
            }
            let feeds = DiskFeeds(metrics: DiskBrokerMetrics())
            var store = try open(feeds)
            let (present, absent) = (Fixtures.channel(), Fixtures.channel())
            for channel in [present, absent] {
                let event = ByteBuffer(string: "event")
                _ = try store.publish(event, to: channel, key: nil, retention: nil, now: 0, database)
            }
            _ = try store.finish(now: 0, database)
            let positions = try [present, absent].map { try store.head(of: $0, database) }
            let feed = feeds.add(Listener(), to: present, start: positions[0])
            let end = configuration.channelLifetimeMilliseconds - hour
            for now in stride(from: hour, through: end, by: Int(hour)) { try keepUp(&store, at: now) }
            feed.cancel()

            let later = configuration.channelLifetimeMilliseconds + end - hour
            store = try open(DiskFeeds(metrics: DiskBrokerMetrics()))
            for now in [later, later + 14 * minute] {
                try keepUp(&store, at: now)
                #expect(try store.head(of: present, database) == positions[0])
                #expect(try store.head(of: absent, database) == positions[1])
            }
            try keepUp(&store, at: later + 15 * minute)
            #expect(try store.head(of: present, database) == positions[0])
            #expect(try store.head(of: absent, database).epoch != positions[1].epoch)
            try keepUp(&store, at: later + 2 * hour)
            #expect(try store.head(of: present, database).epoch != positions[0].epoch)
        }
    }

    /// Where much is to be removed, one transaction removes some of it, and those after it the rest.
    @Test func makesRoomInSteps() throws {
        let queue = try DatabaseQueue()
        try DatabaseSchema.migrator.migrate(queue)
        try queue.write { database in
            var configuration = DiskBrokerConfiguration(directory: "")
            configuration.retentionCount = 100_000
            let space = DiskSpace(limit: 1 << 20, pageSize: 4_096)
            let feeds = DiskFeeds(metrics: DiskBrokerMetrics())
            var store = try LogStore(configuration: configuration, space: space, feeds: feeds, database)
            let (channel, event) = (Fixtures.channel(), ByteBuffer(repeating: 0x61, count: 1_000))
            for _ in 0..<3_000 {
                _ = try store.publish(event, to: channel, key: nil, retention: nil, now: 0, database)
            }
            _ = try store.finish(now: 0, database)
            var (steps, count, before) = (0, 3_000, Int.max)
            while count < before {
                before = count
                // What is stored has room at once.
                #expect(try store.begin(storing: 0, now: 0, database))
                _ = try store.finish(now: 0, database)
                count = try Int.fetchOne(database, sql: "SELECT count(*) FROM event") ?? 0
                // No more than the bytes of several transactions, and the events of the last step of that.
                #expect(before - count < 1_000)
                steps += 1
            }
            #expect(steps > 3)
            #expect(count < 700)
            #expect(try store.head(of: channel, database).offset == 3_000)
        }
    }

    /// That a channel is used is noted in the end, though a transaction that noted it failed.
    @Test func notesAgain() throws {
        let queue = try DatabaseQueue()
        try DatabaseSchema.migrator.migrate(queue)
        try queue.write { database in
            let feeds = DiskFeeds(metrics: DiskBrokerMetrics())
            let space = DiskSpace(limit: 1 << 24, pageSize: 4_096)
            let configuration = DiskBrokerConfiguration(directory: "")
            var store = try LogStore(configuration: configuration, space: space, feeds: feeds, database)
            let channel = Fixtures.channel()
            let event = ByteBuffer(string: "event")
            _ = try store.publish(event, to: channel, key: nil, retention: nil, now: 0, database)
            _ = try store.finish(now: 0, database)
            try store.keepUp(now: 0, database)()
            let feed = feeds.add(Listener(), to: channel, start: try store.head(of: channel, database))
            let before = store
            try database.inSavepoint {
                _ = try store.keepUp(now: 1_000, database)
                return .rollback
            }
            store = before
            #expect(feeds.used(8) == [channel])
            try store.keepUp(now: 2_000, database)()
            #expect(feeds.used(8) == [])
            feed.cancel()
        }
    }

    /// Idle channels are found behind many that are to be kept.
    @Test func idleBehindTheKept() throws {
        let queue = try DatabaseQueue()
        try DatabaseSchema.migrator.migrate(queue)
        try queue.write { database in
            let feeds = DiskFeeds(metrics: DiskBrokerMetrics())
            var configuration = DiskBrokerConfiguration(directory: "")
            configuration.retentionAgeMilliseconds = 1_000
            let space = DiskSpace(limit: 1 << 24, pageSize: 4_096)
            var store = try LogStore(configuration: configuration, space: space, feeds: feeds, database)
            let idle = Fixtures.channel()
            func publish(_ channel: ChannelID, now: Int64) throws {
                _ = try store.publish(
                    ByteBuffer(string: "event"),
                    to: channel,
                    key: nil,
                    retention: nil,
                    now: now,
                    database
                )
                _ = try store.finish(now: now, database)
            }
            let listener = Listener()
            let subscriptions = try (0..<1_300).map { number in
                let channel = Fixtures.channel()
                try publish(channel, now: Int64(number))
                return feeds.add(listener, to: channel, start: try store.head(of: channel, database))
            }
            try publish(idle, now: 2_000)
            let later = configuration.channelLifetimeMilliseconds + 10_000
            // The first one only learns of the time.
            for now in [later - 60 * 60 * 1000, later, later, later, later] {
                try store.begin(storing: 0, now: now, database)
                try store.keepUp(now: now, database)
                _ = try store.finish(now: now, database)
            }
            let names = try String.fetchAll(database, sql: "SELECT id FROM channel")
            #expect(names.count == 1_300)
            #expect(subscriptions.count == 1_300)
        }
    }

    /// Positions of a channel that somebody feeds on stay good, and a channel that is forgotten gets another name: nobody
    /// takes new events for those that it had.
    @Test func keepsChannelsThatHaveFeeds() throws {
        let queue = try DatabaseQueue()
        try DatabaseSchema.migrator.migrate(queue)
        try queue.write { database in
            let feeds = DiskFeeds(metrics: DiskBrokerMetrics())
            let space = DiskSpace(limit: 1 << 20, pageSize: 4_096)
            let configuration = DiskBrokerConfiguration(directory: "")
            var store = try LogStore(configuration: configuration, space: space, feeds: feeds, database)
            let (fed, left) = (Fixtures.channel(), Fixtures.channel())
            for channel in [fed, left] {
                _ = try store.publish(
                    ByteBuffer(string: "event"),
                    to: channel,
                    key: nil,
                    retention: nil,
                    now: 0,
                    database
                )
            }
            _ = try store.finish(now: 0, database)
            let positions = try [fed, left].map { try store.head(of: $0, database) }
            let feed = feeds.add(Listener(), to: fed, start: positions[0])
            let consumer = try #require(ConsumerName("consumer"))
            // Some 150 bytes each, more than there is room for.
            for _ in 0..<8_000 {
                let channel = Fixtures.channel()
                let start = Position(epoch: try store.head(of: channel, database).epoch, offset: 0)
                try store.moveCursor(of: consumer, on: channel, to: start, now: 0, database)
                _ = try store.finish(now: 0, database)
            }
            try store.begin(storing: 0, now: 0, database)
            let count = try Int.fetchOne(database, sql: "SELECT count(*) FROM channel") ?? 0
            #expect(count < 8_002)
            #expect(try store.head(of: fed, database) == positions[0])
            #expect(try store.head(of: left, database).epoch != positions[1].epoch)
            #expect(
                try store.publish(ByteBuffer(string: "next"), to: fed, key: nil, retention: nil, now: 0, database)
                    == Position(epoch: positions[0].epoch, offset: 2)
            )
            feed.cancel()
        }
    }
}
