// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import GRDB
internal import NIOCore
internal import Shared

/// The table of events, of all channels in the order in which they were stored.
///
/// Events are removed only from the start of a channel, or of the whole table. So the offsets of a channel's events are
/// consecutive.
enum EventTable {
    /// An event as it is stored.
    struct Stored {
        var offset: UInt64
        var storedAt: Int64
        var bytes: ByteBuffer

        /// The event at its place in a log.
        func entry(of epoch: Epoch) throws(BrokerError) -> LogEntry {
            do {
                return LogEntry(
                    position: Position(epoch: epoch, offset: self.offset),
                    event: try EventEncoding.decode(self.bytes)
                )
            } catch {
                throw .refused
            }
        }
    }

    /// The outcome of expiring events with the default retention.
    struct Expiry {
        /// How many were removed.
        var count = 0
        /// No event up to this id is kept for as long as all any more.
        var end: Int64
        /// Whether there was more to look at.
        var isPartial = false
    }

    /// How many rows `expireCommon` looks at, at most.
    private static let expiryStep = 4_096

    /// Stores an event.
    ///
    /// - Returns: its id: behind those of all that are there, and it may be that of one that is gone.
    static func append(
        _ bytes: ByteBuffer,
        channel: StoredChannel,
        offset: UInt64,
        now: Int64,
        _ database: Database
    ) throws -> Int64 {
        try database.cachedStatement(
            sql: "INSERT INTO event (channel, offset, storedAt, bytes) VALUES (?, ?, ?, ?)"
        ).execute(
            arguments: [channel.number, Int64(bitPattern: offset), now, Data(bytes.readableBytesView)]
        )
        return database.lastInsertedRowID
    }

    /// The offset of a channel's oldest event that was stored no earlier than `oldestTime`; the next one where there is none.
    static func firstOffset(
        of channel: StoredChannel,
        notBefore oldestTime: Int64 = .min,
        _ database: Database
    ) throws -> UInt64 {
        let statement = try database.cachedStatement(
            sql: "SELECT offset FROM event WHERE channel = ? AND storedAt >= ? ORDER BY offset LIMIT 1"
        )
        let offset = try Int64.fetchOne(statement, arguments: [channel.number, oldestTime])
        return offset.map { UInt64(bitPattern: $0) } ?? channel.last + 1
    }

    /// Reads a channel's events from an offset on, until `body` returns false.
    static func read(
        of channel: StoredChannel,
        from offset: UInt64,
        _ database: Database,
        _ body: (Stored) throws -> Bool
    ) throws {
        // The only reader of its statement at a time.
        let statement = try database.cachedStatement(
            sql: "SELECT offset, storedAt, bytes FROM event WHERE channel = ? AND offset >= ? ORDER BY offset"
        )
        let rows = try Row.fetchCursor(
            statement,
            arguments: [channel.number, Int64(clamping: offset)]
        )
        while let row = try rows.next() {
            let bytes = try row.withUnsafeData(atIndex: 2) { ByteBuffer(bytes: $0 ?? Data()) }
            let stored = Stored(offset: UInt64(bitPattern: row[0]), storedAt: row[1], bytes: bytes)
            guard try body(stored) else { break }
        }
    }

    /// The event of an offset.
    static func fetch(_ offset: UInt64, of channel: StoredChannel, _ database: Database) throws -> Stored? {
        var found: Stored?
        try self.read(of: channel, from: offset, database) { stored in
            found = stored.offset == offset ? stored : nil
            return false
        }
        return found
    }

    /// Removes a channel's oldest events over a count, and returns how many were removed.
    static func trim(_ channel: StoredChannel, to count: Int, _ database: Database) throws -> Int {
        guard channel.last > UInt64(count) else { return 0 }
        return try self.remove(of: channel, before: channel.last - UInt64(count) + 1, database)
    }

    /// Removes a channel's oldest events over a number of bytes, and returns how many were removed. The newest stays.
    static func trim(_ channel: StoredChannel, toBytes bytes: Int, _ database: Database) throws -> Int {
        var excess = try LogBytes.count(of: channel, database) - bytes
        guard excess > 0 else { return 0 }
        // The length of a blob stands in its row's header.
        let statement = try database.cachedStatement(
            sql: "SELECT offset, length(bytes) FROM event WHERE channel = ? ORDER BY offset"
        )
        let rows = try Row.fetchCursor(statement, arguments: [channel.number])
        var first = channel.last
        while let row = try rows.next() {
            first = UInt64(bitPattern: row[0] as Int64)
            guard excess > 0, first < channel.last else { break }
            excess -= row[1] as Int
        }
        return try self.remove(of: channel, before: first, database)
    }

    /// Removes a channel's events before an offset, and returns how many they were.
    static func remove(of channel: StoredChannel, before offset: UInt64, _ database: Database) throws -> Int {
        try database.cachedStatement(sql: "DELETE FROM event WHERE channel = ? AND offset < ?")
            .execute(arguments: [channel.number, Int64(bitPattern: offset)])
        return database.changesCount
    }

    /// Removes the oldest events of all that were stored before `oldestTime`, at most `limit`, and returns how many.
    static func expire(before oldestTime: Int64, limit: Int, _ database: Database) throws -> Int {
        let statement = try database.cachedStatement(sql: "SELECT id, storedAt FROM event ORDER BY id LIMIT ?")
        let rows = try Row.fetchCursor(statement, arguments: [limit])
        var last: Int64?
        while let row = try rows.next(), (row[1] as Int64) < oldestTime { last = row[0] }
        guard let last else { return 0 }
        return try self.remove(through: last, database)
    }

    /// The same of all channels that keep their events for as long as all, among the next ones behind an id: up to it
    /// there are none of these.
    static func expireCommon(
        before oldestTime: Int64,
        after begin: Int64,
        limit: Int,
        _ database: Database
    ) throws -> Expiry {
        let own = "channel IN (SELECT number FROM channel WHERE keptAge IS NOT NULL)"
        let statement = try database.cachedStatement(
            sql: "SELECT id, storedAt, \(own) FROM event WHERE id > ? ORDER BY id LIMIT \(Self.expiryStep)"
        )
        let rows = try Row.fetchCursor(statement, arguments: [begin])
        var expiry = Expiry(end: begin)
        var (last, seen, found) = (nil as Int64?, 0, 0)
        while found < limit, let row = try rows.next() {
            let (storedAt, isOwn): (Int64, Bool) = (row[1], row[2])
            if !isOwn {
                guard storedAt < oldestTime else { break }
                found += 1
                last = row[0]
            }
            seen += 1
            expiry.end = row[0]
        }
        expiry.isPartial = found == limit || seen == Self.expiryStep
        guard let last else { return expiry }
        try database.cachedStatement(sql: "DELETE FROM event WHERE id > ? AND id <= ? AND NOT \(own)")
            .execute(arguments: [begin, last])
        expiry.count = database.changesCount
        return expiry
    }

    /// Removes the oldest events of all channels up to `bytes`, at most `limit` events, and returns how many.
    static func removeOldest(_ bytes: Int, limit: Int, _ database: Database) throws -> Int {
        let statement = try database.cachedStatement(sql: "SELECT id, length(bytes) FROM event ORDER BY id LIMIT ?")
        let rows = try Row.fetchCursor(statement, arguments: [limit])
        var (last, found) = (nil as Int64?, 0)
        while found < bytes, let row = try rows.next() {
            last = row[0]
            found += row[1] + DiskSpace.eventCost
        }
        return try last.map { try self.remove(through: $0, database) } ?? 0
    }

    /// When the oldest event of all was stored.
    static func oldest(_ database: Database) throws -> Int64? {
        let statement = try database.cachedStatement(sql: "SELECT storedAt FROM event ORDER BY id LIMIT 1")
        return try Int64.fetchOne(statement)
    }

    /// Removes the events up to an id, and returns how many they were.
    private static func remove(through id: Int64, _ database: Database) throws -> Int {
        try database.cachedStatement(sql: "DELETE FROM event WHERE id <= ?").execute(arguments: [id])
        return database.changesCount
    }
}
