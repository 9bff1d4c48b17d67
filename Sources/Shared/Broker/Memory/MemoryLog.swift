// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
internal import NIOCore

/// The log of one channel in memory: a window of entries whose offsets follow each other.
///
/// A pure structure; `MemoryBroker` keeps it under its lock and passes the clock in.
struct MemoryLog {
    /// One retained event and what the broker must know to let it go.
    struct Retained {
        var entry: LogEntry
        var storedAt: Int64
        var cost: Int
    }

    /// The log's name.
    let epoch: Epoch
    private(set) var retained: Deque<Retained> = []
    /// What they take together, in bytes.
    private(set) var cost = 0
    private var lastOffset: UInt64

    /// A log without events, which goes on behind the newest that it ever had.
    init(head: Position) {
        self.epoch = head.epoch
        self.lastOffset = head.offset
    }

    /// The position of the newest event that was ever appended.
    var head: Position {
        Position(epoch: self.epoch, offset: self.lastOffset)
    }

    /// The offset of the oldest retained event, or of the next one where none is retained.
    var firstOffset: UInt64 {
        self.lastOffset + 1 - UInt64(self.retained.count)
    }

    /// Whether it has let go what comes next behind a position.
    func isAhead(of position: Position) -> Bool {
        position.epoch != self.epoch || position.offset + 1 < self.firstOffset
    }

    /// The offset of the oldest event that is no older than `oldestTime`, or of the next one.
    func firstOffset(notBefore oldestTime: Int64) -> UInt64 {
        self.firstOffset + UInt64(self.retained.prefix { $0.storedAt < oldestTime }.count)
    }

    /// Appends an event and returns it with its position.
    mutating func append(_ event: Event, cost: Int, now: Int64) -> LogEntry {
        self.lastOffset += 1
        let entry = LogEntry(position: self.head, event: event)
        self.retained.append(Retained(entry: entry, storedAt: now, cost: cost))
        self.cost += cost
        return entry
    }

    /// Lets the oldest event go and returns what it cost.
    mutating func removeOldest() -> Int {
        let cost = self.retained.removeFirst().cost
        self.cost -= cost
        return cost
    }

    /// The retained event of an offset.
    func retained(at offset: UInt64) -> Retained? {
        guard offset >= self.firstOffset, offset <= self.lastOffset else { return nil }
        return self.retained[Int(offset - self.firstOffset)]
    }

    /// Reads up to `limit` events after `position` that are no older than `oldestTime`.
    func page(after position: Position?, limit: Int, notBefore oldestTime: Int64) -> LogPage {
        let first = self.firstOffset(notBefore: oldestTime)
        if let position {
            if position.epoch != self.epoch {
                return .notRecoverable(.epochChanged, head: self.head)
            }
            if position.offset > self.lastOffset {
                return .notRecoverable(.ahead, head: self.head)
            }
            if position.offset + 1 < first {
                return .notRecoverable(.trimmed, head: self.head)
            }
        }
        let start = max(position.map { $0.offset + 1 } ?? first, first)
        let skipped = Int(start - self.firstOffset)
        return .entries(self.retained.dropFirst(skipped).prefix(limit).map(\.entry), head: self.head)
    }
}
