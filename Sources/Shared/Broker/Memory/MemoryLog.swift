// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
internal import NIOCore

/// The log of one channel in memory: a window of entries with consecutive offsets.
///
/// A pure structure; `MemoryBroker` keeps it under its lock and passes the clock in.
struct MemoryLog {
    /// How many bytes of bodies a page has, at most but for its last event. Its reader keeps it until its client has
    /// taken everything, even if the log has evicted the events by then.
    private static let pageBytes = 512 << 10

    /// One retained event and what the broker must know to let it go.
    struct Retained {
        var entry: LogEntry
        var storedAt: Int64
        var cost: Int
    }

    /// The log's name.
    let epoch: Epoch
    private(set) var retained: Deque<Retained> = []
    /// Their total memory, in bytes.
    private(set) var cost = 0
    private var lastOffset: UInt64

    /// Creates a log without events that continues after `head`, the newest it ever had.
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

    /// Whether the event after a position has been dropped.
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

    /// Drops the oldest event and returns its cost.
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

    /// Reads up to `limit` events after `position` that are no older than `oldestTime`; fewer where they are large.
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
        var entries: [LogEntry] = []
        var bytes = 0
        for retained in self.retained.dropFirst(skipped).prefix(limit) where bytes < Self.pageBytes {
            entries.append(retained.entry)
            bytes += retained.entry.event.body.readableBytes
        }
        return .entries(entries, head: self.head)
    }
}
