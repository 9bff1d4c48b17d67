// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
internal import NIOCore

/// A group on one channel of a `MemoryBroker`: what its members were given and have not settled. A pure structure; the
/// clock is passed in, in milliseconds.
struct MemoryGroup {
    /// How many bytes of events are taken at once, at most; but always an event.
    private static let pageBytes = 512 << 10
    /// How many entries of `taken` may be of events that stand in it no more, beside as many as are unsettled.
    private static let staleTaken = 1_024

    private struct Unsettled {
        enum Since {
            /// Its member has it until the visibility time is over; the number of its entry in `taken`.
            case taken(UInt64)
            /// Another member is to have it at once.
            case refused(Int64)
            /// The same, whoever it is.
            case released
        }

        var since: Since
        var attempts: Int

        /// Whether it was refused behind a time.
        func isRefused(after time: Int64) -> Bool {
            if case .refused(let refused) = self.since { refused > time } else { false }
        }
    }

    /// What a member has taken.
    private struct Taken {
        var offset: UInt64
        var number: UInt64
        var time: Int64
    }

    /// What a member gets, and what became of the rest.
    struct Take {
        private(set) var deliveries: [GroupPage.Delivery] = []
        private var bytes = 0
        var givenUp: [GroupPage.Delivery] = []
        var lost: UInt64 = 0

        /// Whether a member that wants so many has as much as it gets at once.
        fileprivate func isFull(limit: Int) -> Bool {
            self.deliveries.count >= limit || self.bytes >= MemoryGroup.pageBytes
        }

        fileprivate mutating func deliver(_ entry: LogEntry, attempt: Int) {
            self.deliveries.append(GroupPage.Delivery(entry: entry, attempt: attempt))
            self.bytes += entry.event.body.readableBytes
        }
    }

    private var epoch: Epoch
    /// The last event that any member was given.
    private var last: UInt64
    private var unsettled: [UInt64: Unsettled] = [:]
    /// Those of the unsettled that were refused or released: they are looked through at once, and only they.
    private var givenBack: Set<UInt64> = []
    /// The others by the time at which they were taken: only those that have been taken for too long are looked through.
    /// One that was settled, given back or taken anew since stands in it with a number that is not its own any more.
    private var taken: Deque<Taken> = []
    private var lastTaken: UInt64 = 0

    /// How many entries the order of what was taken has.
    var takenCount: Int { self.taken.count }

    /// The position of the last event that any member was given.
    var position: Position { Position(epoch: self.epoch, offset: self.last) }

    /// A group that begins behind `start`, or at the oldest event that is not over: it has not lost what was over before it.
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
        self.takeUnsettled(request, from: log, now: now, into: &take)
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
        now: Int64,
        into take: inout Take
    ) {
        for offset in self.due(request, from: log, now: now) {
            guard let one = self.unsettled[offset] else { continue }
            guard let retained = log.retained(at: offset) else {
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

    /// What is not its member's any more, in the order of the log, but for what the one that asks leaves for others.
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

    /// Lets go of what stands in `taken` no more.
    private mutating func passTaken() {
        while let first = self.taken.first, !self.isPresent(first) { self.taken.removeFirst() }
        if self.taken.count > 2 * self.unsettled.count + Self.staleTaken {
            self.taken = Deque(self.taken.filter { self.isPresent($0) })
        }
    }

    /// Settles what a member took.
    mutating func settle(_ settlement: GroupSettlement, now: Int64) {
        for position in settlement.positions where position.epoch == self.epoch {
            switch settlement.verdict {
            case .ack:
                self.forget(position.offset)
            case .nack:
                self.giveBack(position.offset) { $0.since = .refused(now) }
            case .release:
                self.giveBack(position.offset) { one in
                    one.since = .released
                    one.attempts = max(0, one.attempts - 1)
                }
            }
        }
    }

    private mutating func giveBack(_ offset: UInt64, _ change: (inout Unsettled) -> Void) {
        guard var one = self.unsettled[offset] else { return }
        change(&one)
        self.unsettled[offset] = one
        self.givenBack.insert(offset)
    }
}
