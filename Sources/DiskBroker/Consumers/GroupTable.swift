// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import GRDB
internal import NIOCore
internal import Shared

/// The tables of groups: how far their members were given events, and which of those are not settled.
struct GroupTable {
    /// How many bytes of events a member takes at once, at most; but always an event.
    private static let pageBytes = 512 << 10
    /// How many events that were not settled are looked at for a member, at most.
    private static let dueLimit = 1_000
    /// The time of events available to any member at once.
    private static let atOnce = Int64.min

    private struct Unsettled {
        var offset: UInt64
        var attempts: Int
        /// Of its event, where it was tried too often; 0 where that is gone.
        var bytes: Int
    }

    private let number: Int64
    /// The last event that any member was given.
    private var last: UInt64
    private let channel: StoredChannel

    /// A channel's group.
    private init?(_ name: ConsumerName, of channel: StoredChannel, _ database: Database) throws {
        let statement = try database.cachedStatement(
            sql: "SELECT number, last FROM memberGroup WHERE channel = ? AND name = ?"
        )
        guard let row = try Row.fetchOne(statement, arguments: [channel.number, name.text]) else { return nil }
        self.number = row[0]
        self.last = UInt64(bitPattern: row[1])
        self.channel = channel
    }

    /// A new group, which begins behind `start`, or at the oldest event that is not over: it has not lost what was over
    /// before it.
    ///
    /// Where there are too many, those are forgotten whose next event is not retained any more: they begin with the oldest one
    /// that is, as they would anyway.
    ///
    /// - Throws: `BrokerError.tooManyConsumers` where the channel has too many, with nothing else changed.
    private init(
        making name: ConsumerName,
        of channel: StoredChannel,
        start: Position?,
        notBefore oldestTime: Int64,
        _ database: Database
    ) throws {
        if try Self.isFull(channel, database) {
            let first = try Int64(clamping: EventTable.firstOffset(of: channel, database))
            try database.execute(
                sql: """
                    DELETE FROM unsettled WHERE memberGroup IN (
                        SELECT number FROM memberGroup WHERE channel = ? AND last + 1 < ?
                    )
                    """,
                arguments: [channel.number, first]
            )
            try database.execute(
                sql: "DELETE FROM memberGroup WHERE channel = ? AND last + 1 < ?",
                arguments: [channel.number, first]
            )
            guard try !Self.isFull(channel, database) else { throw BrokerError.tooManyConsumers }
        }
        self.last = try EventTable.firstOffset(of: channel, notBefore: oldestTime, database) - 1
        if let start, start.epoch == channel.epoch { self.last = min(start.offset, channel.last) }
        self.channel = channel
        try database.cachedStatement(sql: "INSERT INTO memberGroup (channel, name, last) VALUES (?, ?, ?)")
            .execute(arguments: [channel.number, name.text, Int64(bitPattern: self.last)])
        self.number = database.lastInsertedRowID
    }

    private static func isFull(_ channel: StoredChannel, _ database: Database) throws -> Bool {
        let count = try Int.fetchOne(
            database.cachedStatement(sql: "SELECT count(*) FROM memberGroup WHERE channel = ?"),
            arguments: [channel.number]
        )
        return (count ?? 0) >= ConsumerName.limit
    }

    /// Of what was taken too often and not settled, the first, in the order of the log: how many bytes it has, and where it
    /// ends.
    private static func givenUp(_ due: [Unsettled], attempts: Int, limit: Int) -> (bytes: Int, last: UInt64) {
        var (bytes, last): (Int, UInt64) = (0, 0)
        for one in due where one.attempts >= attempts && bytes < limit {
            (bytes, last) = (bytes + one.bytes, one.offset)
        }
        return (bytes, last)
    }

    /// Takes events for a member; `channel` numbers what is given up.
    ///
    /// - Parameters:
    ///   - givenUpBytes: how many bytes of events become dead letters, at most, but for the last; the others stay as they are.
    ///   - oldestTime: events that were stored before are over.
    ///   - makeRoom: makes room for copies of `bytes` of events, possibly by removing old events.
    static func take(
        _ request: GroupRequest,
        of channel: inout StoredChannel,
        givenUpBytes: Int,
        notBefore oldestTime: Int64,
        now: Int64,
        _ database: Database,
        makeRoom: (_ bytes: Int) throws -> Void
    ) throws -> GroupPage {
        var first = try EventTable.firstOffset(of: channel, notBefore: oldestTime, database)
        var group =
            try GroupTable(request.group, of: channel, database)
            ?? GroupTable(making: request.group, of: channel, start: request.start, notBefore: oldestTime, database)
        var page = GroupPage(deliveries: [], deadLetters: 0, lost: 0)
        var bytes = 0
        let due = try group.due(request, now: now, database)
        let givenUp = Self.givenUp(due.filter { $0.offset >= first }, attempts: request.attempts, limit: givenUpBytes)
        if givenUp.bytes > 0 {
            try makeRoom(givenUp.bytes)
            first = try EventTable.firstOffset(of: channel, notBefore: oldestTime, database)
        }
        for one in due {
            if one.offset < first {
                try group.forget(one.offset, database)
                page.lost += 1
            } else if one.attempts >= request.attempts {
                guard one.offset <= givenUp.last else { continue }
                try group.forget(one.offset, database)
                try DeadLetterTable.append(
                    one.offset,
                    of: &channel,
                    group: request.group,
                    attempts: one.attempts,
                    now: now,
                    database
                )
                page.deadLetters += 1
            } else if page.deliveries.count < request.limit, bytes < Self.pageBytes {
                guard let stored = try EventTable.fetch(one.offset, of: channel, database),
                    let entry = try? stored.entry(of: channel.epoch)
                else {
                    // It is unreadable.
                    try group.forget(one.offset, database)
                    page.lost += 1
                    continue
                }
                bytes += stored.bytes.readableBytes
                page.deliveries.append(GroupPage.Delivery(entry: entry, attempt: one.attempts + 1))
                try group.note(one.offset, takenAt: now, attempts: one.attempts + 1, database)
            }
        }
        try group.takeNew(request, first: first, notBefore: oldestTime, now: now, bytes: bytes, into: &page, database)
        return page
    }

    private mutating func takeNew(
        _ request: GroupRequest,
        first: UInt64,
        notBefore oldestTime: Int64,
        now: Int64,
        bytes: Int,
        into page: inout GroupPage,
        _ database: Database
    ) throws {
        var bytes = bytes
        guard page.deliveries.count < request.limit, bytes < Self.pageBytes, self.last < self.channel.last else {
            return
        }
        let next = max(self.last + 1, first)
        page.lost += next - self.last - 1
        self.last = next - 1
        var taken: [LogEntry] = []
        try EventTable.read(of: self.channel, from: next, database) { stored in
            self.last = stored.offset
            guard stored.storedAt >= oldestTime, let entry = try? stored.entry(of: self.channel.epoch) else {
                page.lost += 1
                return true
            }
            bytes += stored.bytes.readableBytes
            taken.append(entry)
            return page.deliveries.count + taken.count < request.limit && bytes < Self.pageBytes
        }
        for entry in taken {
            page.deliveries.append(GroupPage.Delivery(entry: entry, attempt: 1))
            try self.note(entry.position.offset, takenAt: now, attempts: 1, database)
        }
        try database.cachedStatement(sql: "UPDATE memberGroup SET last = ? WHERE number = ?")
            .execute(arguments: [Int64(bitPattern: self.last), self.number])
    }

    /// Settles what a member took.
    static func settle(
        _ settlement: GroupSettlement,
        of channel: StoredChannel,
        now: Int64,
        _ database: Database
    ) throws {
        guard let group = try GroupTable(settlement.group, of: channel, database) else { return }
        for attempt in settlement.attempts where attempt.position.epoch == channel.epoch {
            switch settlement.verdict {
            case .ack:
                try group.forget(attempt.position.offset, database)
            case .nack:
                try group.giveBack(attempt, at: now - GroupSettlement.refusalShift, tries: 0, database)
            case .release:
                try group.giveBack(attempt, at: Self.atOnce, tries: 1, database)
            }
        }
    }

    // MARK: What is not settled

    /// Notes that another member is to have one, and how many of its attempts do not count.
    private func giveBack(
        _ attempt: GroupSettlement.Attempt,
        at time: Int64,
        tries: Int,
        _ database: Database
    ) throws {
        let statement = try database.cachedStatement(
            sql: """
                UPDATE unsettled SET takenAt = ?, attempts = max(0, attempts - ?)
                WHERE memberGroup = ? AND offset = ? AND attempts = coalesce(?, attempts)
                """
        )
        let offset = Int64(bitPattern: attempt.position.offset)
        try statement.execute(arguments: [time, tries, self.number, offset, attempt.number])
    }

    /// The first of what a member may have, or was tried too often, in the order of the log.
    private func due(_ request: GroupRequest, now: Int64, _ database: Database) throws -> [Unsettled] {
        // The sign has SQLite read what is due, by its time, rather than all that is not settled, in the log's order.
        let statement = try database.cachedStatement(
            sql: """
                SELECT offset, attempts, CASE WHEN attempts >= ? THEN coalesce((
                    SELECT length(bytes) FROM event WHERE event.channel = ? AND event.offset = due.offset
                ), 0) ELSE 0 END
                FROM (
                    SELECT offset, attempts FROM unsettled WHERE memberGroup = ? AND takenAt <= ?
                    AND (attempts >= ? OR takenAt <= ? OR takenAt > ?) ORDER BY +offset LIMIT ?
                ) AS due ORDER BY offset
                """
        )
        let refused = now - GroupSettlement.refusalShift
        let arguments: StatementArguments = [
            request.attempts, self.channel.number, self.number, now - request.visibilityMilliseconds,
            request.attempts, refused - request.patienceMilliseconds, refused, Self.dueLimit,
        ]
        return try Row.fetchAll(statement, arguments: arguments).map { row in
            Unsettled(offset: UInt64(bitPattern: row[0]), attempts: row[1], bytes: row[2])
        }
    }

    private func note(_ offset: UInt64, takenAt time: Int64, attempts: Int, _ database: Database) throws {
        try database.cachedStatement(
            sql: "INSERT OR REPLACE INTO unsettled (memberGroup, offset, takenAt, attempts) VALUES (?, ?, ?, ?)"
        ).execute(arguments: [self.number, Int64(bitPattern: offset), time, attempts])
    }

    private func forget(_ offset: UInt64, _ database: Database) throws {
        try database.cachedStatement(sql: "DELETE FROM unsettled WHERE memberGroup = ? AND offset = ?")
            .execute(arguments: [self.number, Int64(bitPattern: offset)])
    }
}
