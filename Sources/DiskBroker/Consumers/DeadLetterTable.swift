// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import GRDB
internal import NIOCore
internal import Shared

/// The table of what groups gave up, of all channels in the order in which that was.
enum DeadLetterTable {
    /// How many bytes of events are read at once, at most; but always one.
    private static let pageBytes = 512 << 10

    /// Keeps a copy of an event that a group gave up, as the channel's newest dead letter.
    static func append(
        _ offset: UInt64,
        of channel: inout StoredChannel,
        group: ConsumerName,
        attempts: Int,
        now: Int64,
        _ database: Database
    ) throws {
        channel.lastLetter += 1
        try database.cachedStatement(
            sql: """
                INSERT INTO deadLetter (channel, number, memberGroup, attempts, time, offset, bytes)
                SELECT channel, ?, ?, ?, ?, offset, bytes FROM event WHERE channel = ? AND offset = ?
                """
        ).execute(
            arguments: [
                Int64(bitPattern: channel.lastLetter), group.text, attempts, now, channel.number,
                Int64(bitPattern: offset),
            ]
        )
    }

    /// Removes a channel's oldest dead letters over a count.
    static func trim(_ channel: StoredChannel, to count: Int, _ database: Database) throws {
        try database.cachedStatement(
            sql: """
                DELETE FROM deadLetter WHERE id IN (
                    SELECT id FROM deadLetter WHERE channel = ? ORDER BY number DESC LIMIT -1 OFFSET ?
                )
                """
        ).execute(arguments: [channel.number, count])
    }

    /// A channel's behind a number that were given up no earlier than `oldestTime`, oldest first.
    static func read(
        of channel: StoredChannel,
        after number: UInt64,
        limit: Int,
        notBefore oldestTime: Int64,
        _ database: Database
    ) throws -> [DeadLetter] {
        let statement = try database.cachedStatement(
            sql: """
                SELECT number, memberGroup, attempts, time, offset, bytes FROM deadLetter
                WHERE channel = ? AND number > ? AND time >= ? ORDER BY number
                """
        )
        let rows = try Row.fetchCursor(
            statement,
            arguments: [channel.number, Int64(clamping: number), oldestTime]
        )
        var letters: [DeadLetter] = []
        var bytes = 0
        while letters.count < limit, bytes < Self.pageBytes, let row = try rows.next() {
            let event = try row.withUnsafeData(atIndex: 5) { ByteBuffer(bytes: $0 ?? Data()) }
            guard let group = ConsumerName(row[1] as String) else { throw BrokerError.refused }
            let stored = EventTable.Stored(offset: UInt64(bitPattern: row[4]), storedAt: row[3], bytes: event)
            // Passed over, as in the log: an empty page says that there are no more.
            guard let entry = try? stored.entry(of: channel.epoch) else { continue }
            bytes += event.readableBytes
            letters.append(
                DeadLetter(
                    number: UInt64(bitPattern: row[0]),
                    group: group,
                    attempts: row[2],
                    time: row[3],
                    entry: entry
                )
            )
        }
        return letters
    }

    /// Removes one, and says whether it was there.
    static func drop(_ number: UInt64, of channel: StoredChannel, _ database: Database) throws -> Bool {
        try database.cachedStatement(sql: "DELETE FROM deadLetter WHERE channel = ? AND number = ?")
            .execute(arguments: [channel.number, Int64(bitPattern: number)])
        return database.changesCount > 0
    }

    /// When the oldest of all was given up, and its id.
    static func oldest(_ database: Database) throws -> (id: Int64, time: Int64)? {
        let statement = try database.cachedStatement(sql: "SELECT id, time FROM deadLetter ORDER BY id LIMIT 1")
        return try Row.fetchOne(statement).map { ($0[0], $0[1]) }
    }

    /// Removes those up to an id.
    static func remove(through id: Int64, _ database: Database) throws {
        try database.cachedStatement(sql: "DELETE FROM deadLetter WHERE id <= ?").execute(arguments: [id])
    }
}
