// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Shared

/// A promise that was broken.
struct BrokenPromise: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) {
        self.description = description
    }
}

/// What was published, what of it is owed to whom, and who has had what. Knows nothing of how the relay does it.
struct PromiseModel {
    private struct Published {
        var position: Position
        var time: Int64
        var kind: Int
    }

    /// The clients that share a cursor.
    private struct Consumer {
        /// The events that any of its clients has had.
        var had: Set<Int> = []
        /// The events of which its clients were told that they are lost.
        var told: Set<Int> = []
        /// The last event that it must not be sent again.
        var settled = -1
        /// Since when nothing has happened to it, in milliseconds.
        var quietSince: Int64 = 0
        /// Whether a client ended without a goodbye since the last new event, so that nobody may know what it had.
        var isBlurred = false

        mutating func received(_ number: Int, now: Int64) {
            if number > (self.had.max() ?? -1) { self.isBlurred = false }
            self.had.insert(number)
            self.quietSince = now
        }
    }

    private let retentionCount: Int
    private let retentionMilliseconds: Int64
    /// By their numbers.
    private var published: [Published] = []
    /// The number of each epoch's first event.
    private var epochs: [Epoch: Int] = [:]
    /// The first event that the store may remember.
    private var firstKnown = 0
    /// Events that no feed brought and the log did not have when the feeds could hear again.
    private var missedByFeeds: Set<Int> = []
    private var consumers: [ScheduledRole: Consumer] = [:]
    /// What goodbyes settle, and when the store has it at the latest.
    private var goodbyes: [(role: ScheduledRole, number: Int, due: Int64)] = []
    private let storeMilliseconds: Int64
    /// In milliseconds.
    private(set) var now: Int64

    init(_ schedule: Schedule, now: Int64) {
        self.retentionCount = schedule.retentionCount
        self.retentionMilliseconds = schedule.retentionMilliseconds
        self.storeMilliseconds = schedule.storeMilliseconds
        self.now = now
    }

    /// It is later.
    mutating func advance(to now: Int64) {
        self.now = now
        for goodbye in self.goodbyes where goodbye.due <= now { self.settle(goodbye.number, goodbye.role) }
        self.goodbyes.removeAll { $0.due <= now }
    }

    /// The node has crashed: what it was about to store is not stored.
    mutating func crashed() {
        self.goodbyes = []
    }

    // MARK: The store

    /// The number of the next event.
    var next: Int { self.published.count }

    mutating func published(at position: Position, kind: Int) {
        if self.epochs[position.epoch] == nil { self.epochs[position.epoch] = self.next }
        self.published.append(Published(position: position, time: self.now, kind: kind))
    }

    mutating func storeLostMemory() {
        self.firstKnown = self.next
    }

    mutating func feedsMissed(after: Position, upTo head: Position) {
        guard let first = self.epochs[after.epoch] ?? self.epochs[head.epoch] else { return }
        // In a new epoch the feeds go on behind what is there already.
        let start = after.epoch == head.epoch ? first + Int(after.offset) : self.epochs[head.epoch] ?? self.next
        let end = (self.epochs[head.epoch] ?? self.next) + Int(head.offset)
        if start < end { self.missedByFeeds.formUnion(start..<end) }
    }

    /// The log's last position; nil before its first event.
    var head: Position? { self.published.last.flatMap { self.next > self.firstKnown ? $0.position : nil } }

    private func isRetained(_ number: Int) -> Bool {
        guard number >= self.firstKnown, let head else { return false }
        let event = self.published[number]
        return event.position.epoch == head.epoch
            && head.offset - event.position.offset < UInt64(self.retentionCount)
            && event.time >= self.now - self.retentionMilliseconds
    }

    private func number(of position: Position) -> Int? {
        self.epochs[position.epoch].map { $0 + Int(position.offset) - 1 }
    }

    private func admits(_ number: Int, _ role: ScheduledRole) -> Bool {
        role.admits(kind: self.published[number].kind)
    }

    // MARK: The clients

    /// What the consumer of a role must not be sent again.
    func settled(_ role: ScheduledRole) -> Int { self.consumers[role]?.settled ?? -1 }

    mutating func event(_ number: Int, to client: ScheduledClient) throws(BrokenPromise) {
        guard number < self.next else { throw BrokenPromise("event \(number) was not published") }
        let position = self.published[number].position
        guard self.admits(number, client.role) else { throw BrokenPromise("event \(number) is filtered out") }
        if let last = client.last, number <= last {
            throw BrokenPromise("event \(number) came after \(last) on one connection")
        }
        if client.role.hasCursor, number <= client.settled {
            throw BrokenPromise("event \(number) came again, though \(client.settled) was settled")
        }
        guard client.isRaw || client.wasTold || !client.role.hasCursor && client.resumption == nil else {
            throw BrokenPromise("event \(number) came before the word whether the stream is whole")
        }
        try self.checkGap(before: number, at: position, of: client)
        client.position = position
        client.last = number
        self.consumers[client.role, default: Consumer()].received(number, now: self.now)
    }

    /// Everything between where a client was and an event must have been let go of.
    private func checkGap(
        before number: Int,
        at position: Position,
        of client: ScheduledClient
    ) throws(BrokenPromise) {
        guard let first = self.epochs[position.epoch] else { return }
        let known = client.position.flatMap { $0.epoch == position.epoch ? $0 : nil }
        if let stood = client.position, known == nil, !client.isRaw, stood.offset > 0 {
            throw BrokenPromise("event \(number) is of another log than the client was told")
        }
        let isFirst = client.position == nil
        for missed in (known.map { first + Int($0.offset) } ?? first)..<max(number, first + Int(known?.offset ?? 0)) {
            guard self.admits(missed, client.role) else { continue }
            if isFirst, self.consumers[client.role]?.had.contains(missed) ?? false { continue }
            if client.isRaw || isFirst {
                if !self.isRetained(missed) || self.missedByFeeds.contains(missed) { continue }
            }
            if isFirst, self.consumers[client.role]?.told.contains(missed) ?? false { continue }
            throw BrokenPromise("event \(number) came, and \(missed) did not")
        }
    }

    mutating func recovery(
        _ recovery: ScheduledClient.Recovered,
        to client: ScheduledClient
    ) throws(BrokenPromise) {
        let position = recovery.position
        defer {
            client.position = position
            client.wasTold = true
        }
        let end = self.number(of: position) ?? self.next - 1
        if recovery.isComplete {
            guard !client.wasTold, client.last == nil else { throw BrokenPromise("recovered in the middle") }
            if let resumption = client.resumption {
                guard resumption == position else { throw BrokenPromise("recovered from \(position)") }
            } else if let first = self.epochs[position.epoch], position.offset > 0 {
                for missed in first...end where self.isOwed(missed, to: client.role) {
                    throw BrokenPromise("recovered, but without event \(missed)")
                }
            }
            return
        }
        let start = (client.position ?? client.resumption).flatMap { self.number(of: $0) }.map { $0 + 1 }
        if let from = client.position ?? client.resumption, from.epoch == position.epoch, let start {
            guard position.offset >= from.offset else { throw BrokenPromise("lost, and back to \(position)") }
            guard start > end || (start...end).contains(where: { self.isLost($0) }) else {
                throw BrokenPromise("said to be lost (\(recovery.reason)), but all is there up to \(position)")
            }
        }
        guard client.role.hasCursor, end >= 0 else { return }
        self.consumers[client.role, default: Consumer()].told.formUnion(min(start ?? 0, end + 1)..<end + 1)
    }

    private func isLost(_ number: Int) -> Bool { !self.isRetained(number) || self.missedByFeeds.contains(number) }

    /// Whether a consumer has to be sent an event.
    private func isOwed(_ number: Int, to role: ScheduledRole) -> Bool {
        guard self.admits(number, role), !self.isLost(number) else { return false }
        guard let consumer = self.consumers[role] else { return true }
        return !consumer.had.contains(number) && !consumer.told.contains(number)
    }

    // MARK: What is settled

    /// A client has come or gone, or is held up.
    mutating func stirred(_ role: ScheduledRole) {
        self.consumers[role, default: Consumer()].quietSince = self.now
    }

    /// A client has gone.
    mutating func ended(_ client: ScheduledClient, inOrder: Bool) {
        self.stirred(client.role)
        if !inOrder {
            self.consumers[client.role]?.isBlurred = true
        } else if let last = client.last {
            // One is stored after another.
            self.goodbyes.append((client.role, last, self.now + 2 * self.storeMilliseconds))
            self.advance(to: self.now)
        }
    }

    /// All the clients of a consumer have had all that they were sent, for a while.
    mutating func rested(_ role: ScheduledRole, clients: [ScheduledClient]) {
        guard let consumer = self.consumers[role], !consumer.isBlurred, self.now - consumer.quietSince >= 3_000 else {
            return
        }
        for client in clients { if let last = client.last { self.settle(last, role) } }
    }

    private mutating func settle(_ number: Int, _ role: ScheduledRole) {
        let settled = self.settled(role)
        if number > settled { self.consumers[role]?.settled = number }
    }

    // MARK: The end

    /// Everything has had its time: what is still owed was lost.
    func checkEnd(of role: ScheduledRole) throws(BrokenPromise) {
        for number in self.firstKnown..<self.next where self.isOwed(number, to: role) {
            throw BrokenPromise("event \(number) never reached any \(role)")
        }
    }

    /// An open connection has had all that came since.
    func checkEnd(of client: ScheduledClient) throws(BrokenPromise) {
        guard let head, let stood = client.position, stood.epoch == head.epoch, let number = self.number(of: stood),
            number + 1 < self.next
        else { return }
        for number in (number + 1)..<self.next where self.admits(number, client.role) && !self.isLost(number) {
            throw BrokenPromise("event \(number) never reached client \(client.number), which is open")
        }
    }
}
