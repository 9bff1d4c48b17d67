// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import BrokerConformance
import GRDB
import NIOCore
import Shared
import Testing

@testable import DiskBroker

/// What becomes of everybody's events where some channels keep theirs for a time of their own.
@Suite struct OwnAgesTests {
    private static let day: Int64 = 24 * 60 * 60 * 1000

    private static let configuration: DiskBrokerConfiguration = {
        var configuration = DiskBrokerConfiguration(directory: "")
        configuration.retentionAgeMilliseconds = 1_000
        return configuration
    }()

    /// Stores events.
    private func publish(
        _ count: Int = 1,
        to channel: ChannelID,
        keeping retention: ChannelRetention?,
        at now: Int64,
        in store: inout LogStore,
        _ database: Database
    ) throws {
        try store.begin(storing: 0, now: now, database)
        let event = ByteBuffer(string: "event")
        for _ in 0..<count {
            _ = try store.publish(event, to: channel, key: nil, retention: retention, now: now, database)
        }
        _ = try store.finish(now: now, database)
    }

    private func keepUp(_ store: inout LogStore, at now: Int64, _ database: Database) throws {
        try store.begin(storing: 0, now: now, database)
        _ = try store.finish(now: now, database)
    }

    private func count(_ database: Database) throws -> Int? {
        try Int.fetchOne(database, sql: "SELECT count(*) FROM event")
    }

    /// What a channel keeps for longer is passed over once, some of it at a time, and what comes behind it goes.
    @Test func longKeptIsPassedOverOnce() throws {
        try LogStore.inMemory(Self.configuration) { store, database in
            let (own, common) = (Fixtures.channel(), Fixtures.channel())
            let kept = ChannelRetention(count: 10_000, ageMilliseconds: 30 * Self.day)
            try self.publish(5_000, to: own, keeping: kept, at: 0, in: &store, database)
            try self.publish(3, to: common, keeping: nil, at: 0, in: &store, database)
            try self.publish(to: common, keeping: nil, at: 10, in: &store, database)
            func expire(after id: Int64) throws -> EventTable.Expiry {
                try EventTable.expireCommon(before: 5, after: id, limit: 1_024, database)
            }
            let first = try expire(after: 0)
            #expect(first.count == 0 && first.end == 4_096 && first.isPartial)
            let second = try expire(after: first.end)
            #expect(second.count == 3 && second.end == 5_003 && !second.isPartial)
            let third = try expire(after: second.end)
            #expect(third.count == 0 && third.end == 5_003 && !third.isPartial)
            #expect(try self.count(database) == 5_001)
        }
    }

    /// Where events that were kept for longer are gone, others are stored under their ids, and go in their time.
    @Test func idsAreGivenAnew() throws {
        try LogStore.inMemory(Self.configuration) { store, database in
            let (own, common) = (Fixtures.channel(), Fixtures.channel())
            let kept = ChannelRetention(ageMilliseconds: Self.day)
            try self.publish(3, to: own, keeping: kept, at: 0, in: &store, database)
            try self.keepUp(&store, at: 5_000, database)
            #expect(try self.count(database) == 3)
            try self.keepUp(&store, at: Self.day + 5_000, database)
            #expect(try self.count(database) == 0)
            try self.publish(to: common, keeping: nil, at: Self.day + 5_500, in: &store, database)
            #expect(try self.count(database) == 1)
            try self.keepUp(&store, at: Self.day + 10_000, database)
            #expect(try self.count(database) == 0)
        }
    }

    /// A channel that keeps its events for as long as all again loses what it kept for longer.
    @Test func keptAsLongAsAllAgain() throws {
        try LogStore.inMemory(Self.configuration) { store, database in
            let (channel, other) = (Fixtures.channel(), Fixtures.channel())
            let kept = ChannelRetention(ageMilliseconds: Self.day)
            try self.publish(3, to: channel, keeping: kept, at: 0, in: &store, database)
            try self.publish(to: other, keeping: kept, at: 0, in: &store, database)
            try self.keepUp(&store, at: 5_000, database)
            try self.publish(to: channel, keeping: nil, at: 5_100, in: &store, database)
            try self.keepUp(&store, at: 10_000, database)
            #expect(try self.count(database) == 1)
        }
    }
}
