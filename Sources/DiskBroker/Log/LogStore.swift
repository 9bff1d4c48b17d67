// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import GRDB
internal import NIOCore
internal import Shared

/// The log as a whole: what is asked of it within a transaction, and what it remembers of the tables between them.
///
/// A value type, so that a failed transaction leaves no trace: its runner restores the earlier copy. The clock is
/// passed in, in milliseconds since 1970.
struct LogStore: Sendable {
    /// How many bytes of events a page has at most; but always an event.
    private static let pageBytes = 512 << 10
    /// How many channels are forgotten at once where there is no room.
    private static let forgottenAtOnce = 64
    /// How often one transaction does that.
    private static let forgettingRounds = 64
    /// How long after its start a node forgets no idle channels, in milliseconds: clients that were disconnected while
    /// it was down need time to return.
    private static let returnTime: Int64 = 15 * 60 * 1000

    let configuration: DiskBrokerConfiguration
    /// Knows the epochs of channels that have feeds.
    private let feeds: DiskFeeds
    private(set) var names: EpochNames
    private var retention: Retention
    /// The channels that the transaction has to do with, and whether they have changed.
    private var channels: [ChannelID: (stored: StoredChannel, isChanged: Bool)] = [:]
    private var idle = IdleChannels()
    private var fed = FedChannels()
    /// When there was nothing else to do for the first time; nil before that.
    private var firstUpkeep: Int64?
    /// Whether the bytes of logs that are kept by bytes are counted.
    private var countsBytes = false
    /// How many bytes of events the transaction has yet to store.
    private var promised = 0
    /// How many bytes of events may yet become dead letters in it.
    private var givenUpBytes = 0
    /// The events removed since it was last read.
    private var trimmed: [Retention.Reason: Int] = [:]

    init(configuration: DiskBrokerConfiguration, space: DiskSpace, feeds: DiskFeeds, _ database: Database) throws {
        self.configuration = configuration
        self.feeds = feeds
        self.names = try EpochNames(database)
        self.retention = try Retention(configuration: configuration, space: space, database)
    }

    // MARK: Transactions

    /// Begins a transaction that will store `bytes` of events.
    ///
    /// - Returns: false if one transaction's removals are not enough: end it, and continue in the next one.
    @discardableResult
    mutating func begin(storing bytes: Int, now: Int64, _ database: Database) throws -> Bool {
        self.trimmed = [:]
        self.promised = bytes
        self.givenUpBytes = self.retention.space.transactionBytes
        try self.retention.expire(now: now, trimmed: &self.trimmed, database)
        for _ in 0..<Self.forgettingRounds {
            switch try self.retention.makeRoom(for: bytes, trimmed: &self.trimmed, database) {
            case .made: return true
            case .more: return false
            case .nothingLeft:
                // Nothing is left but what channels remember: who reads where. Without room, what follows fails.
                guard try self.forgetLongestUnused(database) else { return true }
            }
        }
        return false
    }

    /// A transaction is about to end: writes what it changed of channels.
    ///
    /// - Returns: how many events it removed.
    mutating func finish(now: Int64, _ database: Database) throws -> [Retention.Reason: Int] {
        for (stored, isChanged) in self.channels.values where isChanged {
            try ChannelTable.update(stored, now: now, database)
            let kept = stored.retention
            let count = try EventTable.trim(stored, to: kept?.count ?? self.configuration.retentionCount, database)
            self.trimmed[.count, default: 0] += count
            if let bytes = kept?.bytes {
                if !self.countsBytes {
                    try LogBytes.begin(database)
                    self.countsBytes = true
                }
                self.trimmed[.bytes, default: 0] += try EventTable.trim(stored, toBytes: bytes, database)
            }
        }
        self.channels = [:]
        return self.trimmed
    }

    /// Removes expired data when there is nothing else to do.
    ///
    /// - Parameter isFull: whether the disk is full, so that each page that is free is given back.
    /// - Returns: what is to be run once it is committed.
    @discardableResult
    mutating func keepUp(
        now: Int64,
        isFull: Bool = false,
        _ database: Database
    ) throws -> @Sendable () -> Void {
        // A full disk takes no note.
        let noted = try isFull ? [] : self.fed.note(self.feeds, now: now, database)
        // If the clock was set back, the period restarts.
        let first = min(self.firstUpkeep ?? now, now)
        self.firstUpkeep = first
        if now - first >= Self.returnTime {
            let idle = try self.idle.look(
                now: now,
                configuration: self.configuration,
                hasFeeds: { [feeds] in Self.hasFeeds($0, feeds) },
                database
            )
            try self.forget(idle, database)
        }
        try self.retention.giveBack(all: isFull, database)
        return { [feeds] in feeds.noted(noted) }
    }

    /// Forgets some of the channels without feeds, the least recently used first.
    ///
    /// - Returns: false where there are none.
    private mutating func forgetLongestUnused(_ database: Database) throws -> Bool {
        var numbers: [Int64] = []
        let rows = try Row.fetchCursor(database, sql: "SELECT number, id FROM channel ORDER BY usedAt")
        while numbers.count < Self.forgottenAtOnce, let row = try rows.next() {
            if !Self.hasFeeds(row[1], self.feeds) { numbers.append(row[0]) }
        }
        try self.forget(numbers, database)
        return !numbers.isEmpty
    }

    /// Whether a channel has feeds: then its log keeps its name, and must not count from the beginning again.
    private static func hasFeeds(_ id: String, _ feeds: DiskFeeds) -> Bool {
        ChannelID(id).map { feeds.epoch(of: $0) != nil } ?? false
    }

    private mutating func forget(_ numbers: [Int64], _ database: Database) throws {
        guard !numbers.isEmpty else { return }
        for number in numbers { try ChannelTable.remove(number, database) }
        try self.names.advance(database)
    }

    // MARK: Channels

    /// A channel as stored, or as in the current transaction; nil if it is not stored.
    private mutating func stored(_ id: ChannelID, _ database: Database) throws -> StoredChannel? {
        if let known = self.channels[id] { return known.stored }
        guard let stored = try ChannelTable.fetch(id, database) else { return nil }
        self.channels[id] = (stored, false)
        return stored
    }

    /// A channel for something to be stored of it.
    private mutating func channel(_ id: ChannelID, now: Int64, _ database: Database) throws -> StoredChannel {
        if let stored = try self.stored(id, database) { return stored }
        let stored = try ChannelTable.make(id, epoch: self.epoch(of: id), now: now, database)
        self.channels[id] = (stored, false)
        return stored
    }

    private func epoch(of id: ChannelID) -> Epoch {
        self.feeds.epoch(of: id) ?? self.names.epoch(of: id)
    }

    /// The position of a channel's newest event.
    func head(of id: ChannelID, _ database: Database) throws -> Position {
        try ChannelTable.fetch(id, database)?.head ?? Position(epoch: self.epoch(of: id), offset: 0)
    }

    /// How long events of a channel are kept, in milliseconds.
    private func age(of channel: StoredChannel?) -> Int64 {
        channel?.retention?.ageMilliseconds ?? self.configuration.retentionAgeMilliseconds
    }

    // MARK: Events

    /// Appends an event and returns its position; nil where its key is known.
    mutating func publish(
        _ bytes: ByteBuffer,
        to id: ChannelID,
        key: KeyDigest?,
        retention: ChannelRetention?,
        now: Int64,
        _ database: Database
    ) throws -> Position? {
        if let key {
            guard try KeyTable.insert(key, now: now, database) else { return nil }
            self.retention.countKey()
        }
        var channel = try self.channel(id, now: now, database)
        if channel.retention != retention {
            self.retention.changed(from: channel.retention, to: retention)
            channel.retention = retention
            try ChannelTable.keep(channel, database)
        }
        channel.last += 1
        let row = try EventTable.append(bytes, channel: channel, offset: channel.last, now: now, database)
        self.retention.appended(row)
        self.promised = max(0, self.promised - bytes.readableBytes - DiskSpace.eventCost)
        self.channels[id] = (channel, true)
        return channel.head
    }

    /// Reads a page.
    func page(
        _ id: ChannelID,
        after position: Position?,
        limit: Int,
        now: Int64,
        _ database: Database
    ) throws -> LogPage {
        let head = try self.head(of: id, database)
        let channel = try ChannelTable.fetch(id, database)
        let oldestTime = now - self.age(of: channel)
        let first = try channel.map { try EventTable.firstOffset(of: $0, notBefore: oldestTime, database) } ?? 1
        if let position {
            if position.epoch != head.epoch { return .notRecoverable(.epochChanged, head: head) }
            if position.offset > head.offset { return .notRecoverable(.ahead, head: head) }
            if position.offset + 1 < first { return .notRecoverable(.trimmed, head: head) }
        }
        var entries: [LogEntry] = []
        guard let channel else { return .entries(entries, head: head) }
        var bytes = 0
        try EventTable.read(of: channel, from: max(position.map { $0.offset + 1 } ?? first, first), database) {
            stored in
            // An unreadable event is skipped, so that it does not block later ones.
            guard let entry = try? stored.entry(of: channel.epoch) else { return true }
            entries.append(entry)
            bytes += stored.bytes.readableBytes
            return entries.count < limit && bytes < Self.pageBytes
        }
        return .entries(entries, head: head)
    }

    // MARK: Consumers

    func cursor(of consumer: ConsumerName, on id: ChannelID, _ database: Database) throws -> Position? {
        try ChannelTable.fetch(id, database).flatMap { try CursorTable.fetch(consumer, of: $0, database) }
    }

    mutating func moveCursor(
        of consumer: ConsumerName,
        on id: ChannelID,
        to position: Position,
        now: Int64,
        _ database: Database
    ) throws {
        guard try position.epoch == self.stored(id, database)?.epoch ?? self.epoch(of: id) else { return }
        try CursorTable.move(consumer, of: self.channel(id, now: now, database), to: position.offset, database)
    }

    mutating func take(_ request: GroupRequest, on id: ChannelID, now: Int64, _ database: Database) throws -> GroupPage
    {
        var channel = try self.channel(id, now: now, database)
        let notBefore = now - self.age(of: channel)
        let page = try GroupTable.take(
            request,
            of: &channel,
            givenUpBytes: self.givenUpBytes,
            notBefore: notBefore,
            now: now,
            database
        ) { bytes in
            // Beside what others store in this transaction. Where there is no room, there are no events to copy either.
            self.givenUpBytes -= bytes
            let needed = self.promised + bytes
            while try self.retention.makeRoom(for: needed, trimmed: &self.trimmed, database) == .more {}
        }
        if page.deadLetters > 0 {
            self.channels[id] = (channel, true)
            try DeadLetterTable.trim(channel, to: self.configuration.retentionCount, database)
        }
        return page
    }

    mutating func settle(_ settlement: GroupSettlement, on id: ChannelID, now: Int64, _ database: Database) throws {
        guard let channel = try self.stored(id, database) else { return }
        try GroupTable.settle(settlement, of: channel, now: now, database)
    }

    func deadLetters(
        of id: ChannelID,
        after number: UInt64,
        limit: Int,
        now: Int64,
        _ database: Database
    ) throws -> [DeadLetter] {
        guard let channel = try ChannelTable.fetch(id, database) else { return [] }
        return try DeadLetterTable.read(
            of: channel,
            after: number,
            limit: limit,
            notBefore: now - self.configuration.deadLetterAgeMilliseconds,
            database
        )
    }

    mutating func dropDeadLetter(_ number: UInt64, of id: ChannelID, _ database: Database) throws -> Bool {
        guard let channel = try self.stored(id, database) else { return false }
        return try DeadLetterTable.drop(number, of: channel, database)
    }
}
