// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import GRDB
internal import Shared

/// What is stored of a channel itself.
struct StoredChannel {
    /// Its number in the other tables.
    let number: Int64
    /// The name of its log.
    let epoch: Epoch
    /// The offset of the newest event.
    var last: UInt64
    /// The number of the newest dead letter.
    var lastLetter: UInt64
    /// When something of it last changed, in milliseconds since 1970, to the hour: it decides who is forgotten, and an hour
    /// spares the index.
    var usedAt: Int64

    /// The position of the newest event.
    var head: Position { Position(epoch: self.epoch, offset: self.last) }
}

/// The table of channels.
enum ChannelTable {
    /// How coarse `usedAt` is, in milliseconds.
    private static let useStep: Int64 = 60 * 60 * 1000

    static func fetch(_ id: ChannelID, _ database: Database) throws -> StoredChannel? {
        let statement = try database.cachedStatement(
            sql: "SELECT number, epoch, last, lastLetter, usedAt FROM channel WHERE id = ?"
        )
        return try Row.fetchOne(statement, arguments: [id.description]).map { row in
            StoredChannel(
                number: row[0],
                epoch: Epoch(rawValue: UInt64(bitPattern: row[1])),
                last: UInt64(bitPattern: row[2]),
                lastLetter: UInt64(bitPattern: row[3]),
                usedAt: row[4]
            )
        }
    }

    static func make(_ id: ChannelID, epoch: Epoch, now: Int64, _ database: Database) throws -> StoredChannel {
        let usedAt = Self.use(now)
        try database.cachedStatement(
            sql: "INSERT INTO channel (id, epoch, last, lastLetter, usedAt) VALUES (?, ?, 0, 0, ?)"
        ).execute(arguments: [id.description, Int64(bitPattern: epoch.rawValue), usedAt])
        return StoredChannel(
            number: database.lastInsertedRowID,
            epoch: epoch,
            last: 0,
            lastLetter: 0,
            usedAt: usedAt
        )
    }

    static func update(_ channel: StoredChannel, now: Int64, _ database: Database) throws {
        let usedAt = Self.use(now)
        let numbers = [Int64(bitPattern: channel.last), Int64(bitPattern: channel.lastLetter)]
        if usedAt == channel.usedAt {
            try database.cachedStatement(sql: "UPDATE channel SET last = ?, lastLetter = ? WHERE number = ?")
                .execute(arguments: [numbers[0], numbers[1], channel.number])
        } else {
            try database.cachedStatement(
                sql: "UPDATE channel SET last = ?, lastLetter = ?, usedAt = ? WHERE number = ?"
            )
            .execute(arguments: [numbers[0], numbers[1], usedAt, channel.number])
        }
    }

    /// Removes a channel and all that is stored of it.
    static func remove(_ number: Int64, _ database: Database) throws {
        try database.execute(
            sql: "DELETE FROM unsettled WHERE memberGroup IN (SELECT number FROM memberGroup WHERE channel = ?)",
            arguments: [number]
        )
        for table in ["memberGroup", "cursor", "deadLetter", "event"] {
            try database.execute(sql: "DELETE FROM \(table) WHERE channel = ?", arguments: [number])
        }
        try database.execute(sql: "DELETE FROM channel WHERE number = ?", arguments: [number])
    }

    private static func use(_ now: Int64) -> Int64 { now - now % self.useStep }
}
