// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
internal import NIOCore

/// A group on one channel of a `MemoryBroker`: the events its members have taken and not settled. A pure structure; the
/// clock is passed in, in milliseconds.
struct MemoryGroup {
    /// The most bytes of events taken at once; at least one event is always taken.
    private static let pageBytes = 512 << 10
    /// How many stale entries `taken` may hold beyond the number of unsettled events.
    private static let staleTaken = 1_024

    private struct Unsettled {
        enum Since {
            /// Held by its member until the visibility time ends; the number of its entry in `taken`.
            case taken(UInt64)
            /// Available to another member at once.
            case refused(Int64)
            /// Available to any member at once.
            case released
        }

        var since: Since
        var attempts: Int

        /// Whether it was refused after a time.
        func isRefused(after time: Int64) -> Bool {
            if case .refused(let refused) = self.since { refused > time } else { false }
        }
    }

    /// An event that a member has taken.
    private struct Taken {
        var offset: UInt64
        var number: UInt64
        var time: Int64
    }

    /// What a member gets, and the outcome of the rest.
    struct Take {
        private(set) var deliveries: [GroupPage.Delivery] = []
        private var bytes = 0
        var givenUp: [GroupPage.Delivery] = []
        var lost: UInt64 = 0

        /// Whether a request of this limit is satisfied, by count or by bytes.
        fileprivate func isFull(limit: Int) -> Bool {
            self.deliveries.count >= limit || self.bytes >= MemoryGroup.pageBytes
        }

        fileprivate mutating func deliver(_ entry: LogEntry, attempt: Int) {
            self.deliveries.append(GroupPage.Delivery(entry: entry, attempt: attempt))
            self.bytes += entry.event.body.readableBytes
        }
    }

    private var epoch: Epoch
    /// The offset of the last event given to any member.
    private var last: UInt64
    private var unsettled: [UInt64: Unsettled] = [:]
    /// The unsettled events that were refused or released, so that only these are searched for immediate redelivery.
    private var givenBack: Set<UInt64> = []
    /// The other unsettled events by the time they were taken, so that only overdue ones are searched. An entry whose
    /// number is no longer its event's own is stale: it was settled, given back or taken again since.
    private var taken: Deque<Taken> = []
    private var lastTaken: UInt64 = 0

    /// The number of entries in `taken`, stale ones included.
    var takenCount: Int { self.taken.count }

    /// The position of the last event given to any member.
    var position: Position { Position(epoch: self.epoch, offset: self.last) }

    /// Creates a group that begins after `start`, or at the oldest event that has not expired: what expired before does
    /// not count as lost.
    init(start: Position?, log: MemoryLog, notBefore oldestTime: Int64) {
        self.epoch = log.epoch
        self.last = log.firstOffset(notBefore: oldestTime) - 1
        if let start, start.epoch == log.epoch { self.last = min(start.offset, log.head.offset) }
    }

    /// Takes events for a member.
    mutating func take(_ request: GroupRequest, from log: MemoryLog, notBefore oldestTime: Int64, now: Int64) -> Take {
        var take = Take()
        if self.epoch != log.epoch {
            take.lost = 1
            self = MemoryGroup(start: nil, log: log, notBefore: oldestTime)
        }
        self.takeUnsettled(request, from: log, notBefore: oldestTime, now: now, into: &take)
        while !take.isFull(limit: request.limit), self.last < log.head.offset {
            let next = max(self.last + 1, log.firstOffset)
            take.lost += next - self.last - 1
            guard next <= log.head.offset else {
                self.last = log.head.offset
                break
            }
            self.last = next
            guard let retained = log.retained(at: next), retained.storedAt >= oldestTime else {
                take.lost += 1
                continue
            }
            self.note(next, attempts: 1, now: now)
            take.deliver(retained.entry, attempt: 1)
        }
        self.passTaken()
        return take
    }

    private mutating func takeUnsettled(
        _ request: GroupRequest,
        from log: MemoryLog,
        notBefore oldestTime: Int64,
        now: Int64,
        into take: inout Take
    ) {
        for offset in self.due(request, from: log, now: now) {
            guard let one = self.unsettled[offset] else { continue }
            guard let retained = log.retained(at: offset), retained.storedAt >= oldestTime else {
                self.forget(offset)
                take.lost += 1
                continue
            }
            if one.attempts >= request.attempts {
                self.forget(offset)
                take.givenUp.append(GroupPage.Delivery(entry: retained.entry, attempt: one.attempts))
            } else if !one.isRefused(after: now - request.patienceMilliseconds), !take.isFull(limit: request.limit) {
                self.note(offset, attempts: one.attempts + 1, now: now)
                take.deliver(retained.entry, attempt: one.attempts + 1)
            }
        }
    }

    /// The events due for redelivery, in log order, except those that the requesting member leaves for others.
    private func due(_ request: GroupRequest, from log: MemoryLog, now: Int64) -> [UInt64] {
        var due: [UInt64] = []
        for offset in self.givenBack {
            guard let one = self.unsettled[offset] else { continue }
            let isOver = offset < log.firstOffset || one.attempts >= request.attempts
            if isOver || !one.isRefused(after: now - request.patienceMilliseconds) { due.append(offset) }
        }
        let bound = now - request.visibilityMilliseconds
        for one in self.taken {
            guard one.time <= bound else { break }
            if self.isPresent(one) { due.append(one.offset) }
        }
        due.sort()
        return due
    }

    // MARK: What is not settled

    private func isPresent(_ taken: Taken) -> Bool {
        if case .taken(taken.number)? = self.unsettled[taken.offset]?.since { true } else { false }
    }

    private mutating func note(_ offset: UInt64, attempts: Int, now: Int64) {
        self.lastTaken += 1
        self.unsettled[offset] = Unsettled(since: .taken(self.lastTaken), attempts: attempts)
        self.taken.append(Taken(offset: offset, number: self.lastTaken, time: now))
        self.givenBack.remove(offset)
    }

    private mutating func forget(_ offset: UInt64) {
        self.unsettled[offset] = nil
        self.givenBack.remove(offset)
    }

    /// Drops the stale entries of `taken`.
    private mutating func passTaken() {
        while let first = self.taken.first, !self.isPresent(first) { self.taken.removeFirst() }
        if self.taken.count > 2 * self.unsettled.count + Self.staleTaken {
            self.taken = Deque(self.taken.filter { self.isPresent($0) })
        }
    }

    /// Settles what a member took.
    mutating func settle(_ settlement: GroupSettlement, now: Int64) {
        for attempt in settlement.attempts where attempt.position.epoch == self.epoch {
            switch settlement.verdict {
            case .ack:
                self.forget(attempt.position.offset)
            case .nack:
                self.giveBack(attempt) { $0.since = .refused(now) }
            case .release:
                self.giveBack(attempt) { one in
                    one.since = .released
                    one.attempts = max(0, one.attempts - 1)
                }
            }
        }
    }

    private mutating func giveBack(_ attempt: GroupSettlement.Attempt, _ change: (inout Unsettled) -> Void) {
        let offset = attempt.position.offset
        guard var one = self.unsettled[offset], one.attempts == attempt.number ?? one.attempts else { return }
        change(&one)
        self.unsettled[offset] = one
        self.givenBack.insert(offset)
    }
}
