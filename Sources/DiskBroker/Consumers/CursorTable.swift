// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import GRDB
internal import Shared

/// The table of consumers' cursors. They are of the epoch of their channel, whose end they do not outlive.
enum CursorTable {
    static func fetch(_ consumer: ConsumerName, of channel: StoredChannel, _ database: Database) throws -> Position? {
        let statement = try database.cachedStatement(
            sql: "SELECT offset FROM cursor WHERE channel = ? AND consumer = ?"
        )
        let offset = try Int64.fetchOne(statement, arguments: [channel.number, consumer.text])
        return offset.map { Position(epoch: channel.epoch, offset: UInt64(bitPattern: $0)) }
    }

    /// Moves a cursor forward, or makes it. Where there are too many, those are forgotten whose next event is not
    /// retained any more: who comes back under such a name begins with the oldest one that is, as with its cursor.
    ///
    /// - Throws: `BrokerError.tooManyConsumers` where the channel has too many, with nothing changed.
    static func move(
        _ consumer: ConsumerName,
        of channel: StoredChannel,
        to offset: UInt64,
        _ database: Database
    ) throws {
        if let present = try self.fetch(consumer, of: channel, database) {
            guard present.offset < offset else { return }
        } else if consumer != .anybody {
            if try self.isFull(channel, database) {
                let first = try EventTable.firstOffset(of: channel, database)
                try database.cachedStatement(
                    sql: "DELETE FROM cursor WHERE channel = ? AND consumer <> '' AND offset + 1 < ?"
                ).execute(arguments: [channel.number, Int64(clamping: first)])
                guard try !self.isFull(channel, database) else { throw BrokerError.tooManyConsumers }
            }
        }
        try database.cachedStatement(sql: "INSERT OR REPLACE INTO cursor (channel, consumer, offset) VALUES (?, ?, ?)")
            .execute(arguments: [channel.number, consumer.text, Int64(bitPattern: offset)])
    }

    private static func isFull(_ channel: StoredChannel, _ database: Database) throws -> Bool {
        let named = try Int.fetchOne(
            database.cachedStatement(sql: "SELECT count(*) FROM cursor WHERE channel = ? AND consumer <> ''"),
            arguments: [channel.number]
        )
        return (named ?? 0) >= ConsumerName.limit
    }
}
