// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// A group on one channel of a `MemoryBroker`: what its members were given and have not settled. A pure structure; the
/// clock is passed in, in milliseconds.
struct MemoryGroup {
    /// How many bytes of events are taken at once, at most; but always an event.
    private static let pageBytes = 512 << 10

    private struct Unsettled {
        enum Since {
            /// Its member has it until the visibility time is over.
            case taken(Int64)
            /// Another member is to have it at once.
            case refused(Int64)
            /// The same, whoever it is.
            case released
        }

        var since: Since
        var attempts: Int

        /// When the visibility time began; long ago where it is over anyway.
        var visibleSince: Int64 {
            if case .taken(let time) = self.since { time } else { .min }
        }

        /// Whether it was refused behind a time.
        func isRefused(after time: Int64) -> Bool {
            if case .refused(let refused) = self.since { refused > time } else { false }
        }
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
    /// No visibility time began before this, so that most of the time nothing needs to be looked through.
    private var earliest = Int64.max

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
            self.unsettled[next] = Unsettled(since: .taken(now), attempts: 1)
            self.earliest = min(self.earliest, now)
            take.deliver(retained.entry, attempt: 1)
        }
        return take
    }

    private mutating func takeUnsettled(
        _ request: GroupRequest,
        from log: MemoryLog,
        now: Int64,
        into take: inout Take
    ) {
        let bound = now - request.visibilityMilliseconds
        guard self.earliest <= bound, !self.unsettled.isEmpty else { return }
        for (offset, one) in self.unsettled.sorted(by: { $0.key < $1.key }) where one.visibleSince <= bound {
            guard let retained = log.retained(at: offset) else {
                self.unsettled[offset] = nil
                take.lost += 1
                continue
            }
            if one.attempts >= request.attempts {
                self.unsettled[offset] = nil
                take.givenUp.append(GroupPage.Delivery(entry: retained.entry, attempt: one.attempts))
            } else if !one.isRefused(after: now - request.patienceMilliseconds), !take.isFull(limit: request.limit) {
                self.unsettled[offset] = Unsettled(since: .taken(now), attempts: one.attempts + 1)
                take.deliver(retained.entry, attempt: one.attempts + 1)
            }
        }
        self.earliest = self.unsettled.values.lazy.map(\.visibleSince).min() ?? .max
    }

    /// Settles what a member took.
    mutating func settle(_ settlement: GroupSettlement, now: Int64) {
        for position in settlement.positions where position.epoch == self.epoch {
            switch settlement.verdict {
            case .ack:
                self.unsettled[position.offset] = nil
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
        self.earliest = .min
    }
}
