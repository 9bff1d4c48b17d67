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

    /// Moves a cursor forward, or makes it.
    ///
    /// - Throws: `BrokerError.overloaded` where the channel has too many, with nothing changed.
    static func move(
        _ consumer: ConsumerName,
        of channel: StoredChannel,
        to offset: UInt64,
        _ database: Database
    ) throws {
        if let present = try self.fetch(consumer, of: channel, database) {
            guard present.offset < offset else { return }
        } else if consumer != .anybody {
            let others = try Int.fetchOne(
                database.cachedStatement(sql: "SELECT count(*) FROM cursor WHERE channel = ? AND consumer <> ''"),
                arguments: [channel.number]
            )
            guard (others ?? 0) < ConsumerName.limit else { throw BrokerError.overloaded }
        }
        try database.cachedStatement(sql: "INSERT OR REPLACE INTO cursor (channel, consumer, offset) VALUES (?, ?, ?)")
            .execute(arguments: [channel.number, consumer.text, Int64(bitPattern: offset)])
    }
}
