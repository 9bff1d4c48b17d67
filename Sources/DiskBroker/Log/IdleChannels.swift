// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import GRDB
internal import Shared

/// Looks for channels that need not be remembered any more, some of them at a time: such as have neither events nor
/// feeds, and were neither published to nor fed on for long.
///
/// Where there are more of these than may be, some are not remembered for their time, those that were used the longest ago:
/// first such as have neither groups nor named consumers, and others only where they alone are too many. Who has dead letters
/// is passed over: those have their time, and bounds by number and by the bytes of the file.
struct IdleChannels: Sendable {
    /// How many channels are looked at at once.
    private static let step = 1_024

    /// Finds channels that matter only to a bot that returns to them.
    private struct Tally {
        /// Those that have groups or named consumers.
        var named = 0
        /// The others.
        var bare = 0
    }

    private let limit: Int
    /// The channel that the scan has reached, and when it was last used; nil to start over.
    private var last: (time: Int64, number: Int64)?
    /// What the scan has counted so far.
    private var seen = Tally()
    /// The excess found by the previous scan and not removed yet.
    private var excess = Tally()

    /// - Parameter limit: how many may be remembered.
    init(limit: Int = DiskBrokerConfiguration.idleChannelLimit) {
        self.limit = limit
    }

    /// Looks at the next ones.
    ///
    /// - Returns: the numbers of those that may be forgotten.
    mutating func look(
        now: Int64,
        configuration: DiskBrokerConfiguration,
        hasFeeds: (String) -> Bool,
        _ database: Database
    ) throws -> [Int64] {
        let oldest = now - configuration.channelLifetimeMilliseconds
        let count = try Int.fetchOne(database.cachedStatement(sql: "SELECT count(*) FROM channel")) ?? 0
        let isCrowded = count > self.limit
        if !isCrowded { (self.seen, self.excess) = (Tally(), Tally()) }
        let rows = try self.rows(now: now, usedBefore: isCrowded ? .max : oldest, database)
        // Kept channels must not block the others for ever: the next step begins after them.
        self.last = rows.count < Self.step ? nil : rows.last.map { ($0[2], $0[0]) }
        var idle: [Int64] = []
        for row in rows {
            let (hasEvents, hasOwnTime, hasLetters, isNamed): (Bool, Bool, Bool, Bool) = (
                row[3], row[4], row[5], row[6]
            )
            guard !hasEvents, !hasFeeds(row[1]) else { continue }
            let isOver = (row[2] as Int64) < oldest && !hasOwnTime
            if isOver || (isCrowded && !hasLetters && self.isTooMany(isNamed ? \.named : \.bare)) {
                idle.append(row[0])
            }
        }
        if self.last == nil {
            let (named, bare) = (self.seen.named, self.seen.bare)
            self.excess = Tally(named: max(0, named - self.limit), bare: max(0, named + bare - self.limit))
            self.seen = Tally()
        }
        return idle
    }

    /// Counts a channel that may be remembered as long as there are not too many of its kind.
    private mutating func isTooMany(_ kind: WritableKeyPath<Tally, Int>) -> Bool {
        if self.excess[keyPath: kind] > 0 {
            self.excess[keyPath: kind] -= 1
            return true
        }
        self.seen[keyPath: kind] += 1
        return false
    }

    private func rows(now: Int64, usedBefore: Int64, _ database: Database) throws -> [Row] {
        let statement = try database.cachedStatement(
            sql: """
                SELECT number, id, usedAt, EXISTS (SELECT 1 FROM event WHERE event.channel = channel.number),
                    coalesce(usedAt + keptAge + ? >= ?, 0),
                    EXISTS (SELECT 1 FROM deadLetter WHERE deadLetter.channel = channel.number),
                    EXISTS (SELECT 1 FROM memberGroup WHERE memberGroup.channel = channel.number)
                        OR EXISTS (SELECT 1 FROM cursor WHERE cursor.channel = channel.number AND consumer <> '')
                FROM channel
                WHERE (usedAt, number) > (?, ?) AND usedAt < ? ORDER BY usedAt, number LIMIT \(Self.step)
                """
        )
        return try Row.fetchAll(
            statement,
            arguments: [
                DiskBrokerConfiguration.positionLifetimeMilliseconds, now, self.last?.time ?? .min,
                self.last?.number ?? .min, usedBefore,
            ]
        )
    }
}
