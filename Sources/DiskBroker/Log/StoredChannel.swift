// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import GRDB
internal import Shared

/// A channel's stored record.
struct StoredChannel {
    /// Its number in the other tables.
    let number: Int64
    /// The name of its log.
    let epoch: Epoch
    /// The offset of the newest event.
    var last: UInt64
    /// The number of the newest dead letter.
    var lastLetter: UInt64
    /// When it last changed or had a feed, in milliseconds since 1970, rounded to the hour: used to forget idle
    /// channels, and rounded to spare index updates.
    var usedAt: Int64
    /// Its own retention; nil for the default.
    var retention: ChannelRetention?

    /// The position of the newest event.
    var head: Position { Position(epoch: self.epoch, offset: self.last) }
}

/// The table of channels.
enum ChannelTable {
    /// How coarse `usedAt` is, in milliseconds.
    private static let useStep: Int64 = 60 * 60 * 1000

    static func fetch(_ id: ChannelID, _ database: Database) throws -> StoredChannel? {
        let statement = try database.cachedStatement(
            sql: """
                SELECT number, epoch, last, lastLetter, usedAt, keptCount, keptAge, keptBytes FROM channel WHERE id = ?
                """
        )
        return try Row.fetchOne(statement, arguments: [id.description]).map { row in
            StoredChannel(
                number: row[0],
                epoch: Epoch(rawValue: UInt64(bitPattern: row[1])),
                last: UInt64(bitPattern: row[2]),
                lastLetter: UInt64(bitPattern: row[3]),
                usedAt: row[4],
                retention: ChannelRetention(count: row[5], ageMilliseconds: row[6], bytes: row[7])
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

    /// Notes that a channel is in use, where something is stored of it.
    static func noteUse(of id: ChannelID, now: Int64, _ database: Database) throws {
        let usedAt = Self.use(now)
        try database.cachedStatement(sql: "UPDATE channel SET usedAt = ? WHERE id = ? AND usedAt < ?")
            .execute(arguments: [usedAt, id.description, usedAt])
    }

    /// Stores how much of a channel is kept.
    static func keep(_ channel: StoredChannel, _ database: Database) throws {
        let retention = channel.retention
        try database.cachedStatement(
            sql: "UPDATE channel SET keptCount = ?, keptAge = ?, keptBytes = ? WHERE number = ?"
        )
        .execute(arguments: [retention?.count, retention?.ageMilliseconds, retention?.bytes, channel.number])
    }

    /// The channels that keep their events for a time of their own, in milliseconds.
    static func ownAges(_ database: Database) throws -> [(channel: StoredChannel, age: Int64)] {
        let statement = try database.cachedStatement(
            sql: "SELECT number, epoch, last, keptAge FROM channel WHERE keptAge IS NOT NULL"
        )
        return try Row.fetchAll(statement).map { row in
            let channel = StoredChannel(
                number: row[0],
                epoch: Epoch(rawValue: UInt64(bitPattern: row[1])),
                last: UInt64(bitPattern: row[2]),
                lastLetter: 0,
                usedAt: 0
            )
            return (channel, row[3])
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
