// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import GRDB
internal import Shared

/// Removes events by retention. Within the caller's transaction.
struct Retention: Sendable {
    /// Why events were removed; also a metric label.
    enum Reason: String, CaseIterable {
        case count
        case age
        case bytes
    }

    /// The outcome of making room.
    enum Room {
        /// There is enough, within the limit or in pages that were just freed.
        case made
        /// The transaction has reached its removal limit, and more is needed.
        case more
        /// Neither events nor dead letters are left.
        case nothingLeft
    }

    /// How many rows one transaction removes for one reason, so that it stays short.
    private static let step = 1_024
    /// How many events and dead letters one transaction removes for want of room before it leaves the others to the
    /// next one: where the limit was lowered there may be millions.
    private static let stepForRoom = 16_384
    /// How often events that are kept for times of their own are looked at, in milliseconds.
    private static let ownAgesPause: Int64 = 1_000
    /// How many pages are given back to the file system at once.
    private static let pagesGivenBack = 256

    let configuration: DiskBrokerConfiguration
    let space: DiskSpace
    /// How many keys there are at most: one that takes the place of another counts twice until they are counted again.
    private var keyCount: Int
    /// Whether some channel may keep its events for a time of its own.
    private var hasOwnAges: Bool
    /// When those were looked at.
    private var lookedAtOwnAges: Int64?
    /// All events up to this id are kept for times of their own: they are not passed over each time.
    private var ownEnd: Int64 = 0
    /// Whether there may be events behind it that are kept for as long as all, and are over.
    private var isBehind = false

    init(configuration: DiskBrokerConfiguration, space: DiskSpace, _ database: Database) throws {
        self.configuration = configuration
        self.space = space
        self.keyCount = try KeyTable.count(database)
        self.hasOwnAges = try !ChannelTable.ownAges(database).isEmpty
    }

    /// Removes what is too old, some of it at a time.
    mutating func expire(now: Int64, trimmed: inout [Reason: Int], _ database: Database) throws {
        let oldest = now - self.configuration.retentionAgeMilliseconds
        if !self.hasOwnAges {
            trimmed[.age, default: 0] += try EventTable.expire(before: oldest, limit: Self.step, database)
        } else {
            if self.isTimeForOwnAges(now) {
                self.lookedAtOwnAges = now
                self.isBehind = true
                trimmed[.age, default: 0] += try self.expireByOwnAges(now: now, database)
            }
            if self.isBehind {
                trimmed[.age, default: 0] += try self.expireCommon(before: oldest, database)
            }
        }
        self.keyCount -= try KeyTable.expire(now: now, limit: Self.step, database)
        if let letter = try DeadLetterTable.oldest(database),
            letter.time < now - self.configuration.deadLetterAgeMilliseconds
        {
            try DeadLetterTable.remove(through: letter.id, database)
        }
    }

    private func isTimeForOwnAges(_ now: Int64) -> Bool {
        guard let lookedAtOwnAges else { return true }
        // The clock may have been set back.
        return now < lookedAtOwnAges || now >= lookedAtOwnAges + Self.ownAgesPause
    }

    private mutating func expireByOwnAges(now: Int64, _ database: Database) throws -> Int {
        let channels = try ChannelTable.ownAges(database)
        self.hasOwnAges = !channels.isEmpty
        var count = 0
        for (channel, age) in channels {
            let first = try EventTable.firstOffset(of: channel, notBefore: now - age, database)
            count += try EventTable.remove(of: channel, before: first, database)
        }
        return count
    }

    /// Events with a longer retention may precede others: they are skipped once, some at a time.
    private mutating func expireCommon(before oldest: Int64, _ database: Database) throws -> Int {
        let expiry = try EventTable.expireCommon(
            before: oldest,
            after: self.ownEnd,
            limit: Self.step,
            database
        )
        self.ownEnd = expiry.end
        self.isBehind = expiry.isPartial
        return expiry.count
    }

    /// A channel's retention is another one from now on.
    mutating func changed(from previous: ChannelRetention?, to retention: ChannelRetention?) {
        if retention?.ageMilliseconds != nil { self.hasOwnAges = true }
        // Its events now have the default retention.
        if previous?.ageMilliseconds != nil, retention?.ageMilliseconds == nil { self.ownEnd = 0 }
    }

    /// An event was stored. If the newest were deleted, their ids are reused.
    mutating func appended(_ id: Int64) {
        self.ownEnd = min(self.ownEnd, id - 1)
    }

    /// A key was inserted.
    mutating func countKey() {
        self.keyCount += 1
    }

    /// Makes room for `bytes` of events by removing the oldest events of any channel, and dead letters.
    mutating func makeRoom(for bytes: Int, trimmed: inout [Reason: Int], _ database: Database) throws -> Room {
        if self.keyCount > self.space.keys {
            self.keyCount = try KeyTable.count(database)
            if self.keyCount > self.space.keys {
                self.keyCount -= try KeyTable.removeOldest(self.keyCount - self.space.keys * 15 / 16, database)
            }
        }
        let needed = self.space.pagesNeeded(for: bytes)
        // Several transactions' worth, so that those that take turns with what they store are not divided.
        let bytesAtOnce = 4 * self.space.transactionBytes
        let before = try Self.usedPages(database)
        var (used, removed) = (before, 0)
        while used + needed > self.space.pages {
            guard removed < Self.stepForRoom, (before - used) * self.space.pageSize < bytesAtOnce else {
                // The file may exceed a lowered limit for a while: what is stored now has the pages just freed.
                return try Self.count("freelist_count", database) >= needed ? .made : .more
            }
            let missing = (used + needed - self.space.pages) * self.space.pageSize
            let count = try self.removeOldest(min(missing, bytesAtOnce), trimmed: &trimmed, database)
            guard count > 0 else { return .nothingLeft }
            removed += count
            used = try Self.usedPages(database)
        }
        return .made
    }

    /// Removes the oldest events, up to `bytes`, or a dead letter.
    ///
    /// - Returns: how many; 0 where there is neither.
    private func removeOldest(_ bytes: Int, trimmed: inout [Reason: Int], _ database: Database) throws -> Int {
        let event = try EventTable.oldest(database)
        let letter = try DeadLetterTable.oldest(database)
        if let letter, letter.time <= event ?? .max {
            try DeadLetterTable.remove(through: letter.id, database)
            return 1
        }
        guard event != nil else { return 0 }
        let count = try EventTable.removeOldest(bytes, limit: Self.step, database)
        trimmed[.bytes, default: 0] += count
        return count
    }

    /// Gives pages that nothing needs back to the file system, some of them, once they are many, or the file has more than it
    /// may have: its limit was lowered.
    ///
    /// - Parameter all: whether few are many.
    func giveBack(all: Bool, _ database: Database) throws {
        // While half of the file is in use, what comes next will need the rest.
        let free = try Self.count("freelist_count", database)
        let count = try Self.count("page_count", database)
        let isOver = count > self.space.filePages
        guard free > (all || isOver ? 0 : max(Self.pagesGivenBack, count / 2)) else { return }
        // SQLite does not enforce a page limit below the file's size; it is set again as the file shrinks.
        defer { if isOver { try? database.execute(sql: "PRAGMA max_page_count = \(self.space.filePages)") } }
        // A step frees one page.
        let rows = try Row.fetchCursor(database, sql: "PRAGMA incremental_vacuum(\(Self.pagesGivenBack))")
        while try rows.next() != nil {}
    }

    /// The pages that hold something.
    private static func usedPages(_ database: Database) throws -> Int {
        try self.count("page_count", database) - self.count("freelist_count", database)
    }

    private static func count(_ pragma: String, _ database: Database) throws -> Int {
        try Int.fetchOne(database, sql: "PRAGMA \(pragma)") ?? 0
    }
}
