// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import GRDB
internal import NIOCore
internal import Shared
internal import Synchronization

/// Does what is asked of the database, on the one queue that GRDB has for it.
///
/// What waits while a transaction is committed is the next one: the more is published at once, the more events share one
/// write to the disk. What reads sees what is committed, and does not wait for the disk, unless it is to see what was asked
/// to be written before it.
final class DiskWorker: Sendable {
    private let database: DatabaseQueue
    private let directory: DataDirectory
    private let reserve: DiskReserve
    /// How many bytes SQLite writes ahead of the database.
    private let roomAhead: Int
    private let queue: Mutex<WorkQueue>
    /// Only the database's queue has it.
    private let store: Mutex<LogStore>
    private let health: DiskHealth
    private let metrics: DiskBrokerMetrics
    private let now: @Sendable () -> Int64

    init(
        database: DatabaseQueue,
        directory: DataDirectory,
        reserve: DiskReserve,
        roomAhead: Int,
        queue: WorkQueue,
        store: LogStore,
        health: DiskHealth,
        metrics: DiskBrokerMetrics,
        now: @escaping @Sendable () -> Int64
    ) {
        self.database = database
        self.directory = directory
        self.reserve = reserve
        self.roomAhead = roomAhead
        self.queue = Mutex(queue)
        self.store = Mutex(store)
        self.health = health
        self.metrics = metrics
        self.now = now
    }

    /// Takes a job, or fails it. Any thread.
    func submit(_ job: DiskJob) {
        switch self.queue.withLock({ $0.add(job) }) {
        case .first: self.database.asyncWriteWithoutTransaction { self.work($0) }
        case .queued: break
        case .refused(let error): job.fail(error)
        }
    }

    /// Fails what waits where the disk hangs: its senders are to send it again, rather than to wait.
    ///
    /// - Returns: whether it hangs. Any thread but the database's.
    func failIfHung(at time: NIODeadline) -> Bool {
        guard self.health.isHung(at: time) else { return false }
        self.giveUp()
        return true
    }

    private func giveUp() {
        self.health.failed(.hung)
        for job in self.queue.withLock({ $0.abandon() }) { job.fail(.unavailable) }
    }

    /// Does what waits, takes no more, and closes the database, which is left as it is where the disk hangs.
    ///
    /// - Returns: whether that was done in time.
    func shutdown(within time: TimeAmount) async -> Bool {
        self.queue.withLock { $0.close() }
        let isDone = await withCheckedContinuation { (continuation: CheckedContinuation<Bool, Never>) in
            let end = WorkEnd(continuation)
            let timer = Task {
                try? await Task.sleep(nanoseconds: UInt64(max(0, time.nanoseconds)))
                end.tell(false)
            }
            self.database.asyncWriteWithoutTransaction { _ in
                // In this order: a cancelled timer completes at once.
                end.tell(true)
                timer.cancel()
            }
        }
        guard isDone else {
            self.giveUp()
            return false
        }
        // Everything is stored already; closing only checkpoints the write-ahead log.
        try? self.database.close()
        self.directory.release()
        return true
    }

    // MARK: On the database's queue

    private func work(_ database: Database) {
        while let batch = self.queue.withLock({ $0.takeBatch() }) {
            defer { self.health.ended() }
            let now = self.now()
            for job in batch where job.kind == .read { self.read(job, now: now, database) }
            if batch.contains(where: { $0.kind == .upkeep }) { self.keepUp(now: now, database) }
            self.write(batch.filter { $0.kind == .write }, now: now, database)
            for job in batch where job.kind == .readBehind { self.read(job, now: now, database) }
        }
    }

    private func read(_ job: DiskJob, now: Int64, _ database: Database) {
        self.health.began(at: .now())
        do {
            // A read changes nothing of the store.
            var store = self.store.withLock { $0 }
            try job.perform(&store, now, database)()
        } catch {
            let failure = DiskFailure(error)
            if failure.isLasting { self.health.failed(failure, error) } else { self.metrics.failed(failure) }
            job.fail(.unavailable)
        }
    }

    private func write(_ jobs: [DiskJob], now: Int64, _ database: Database) {
        guard !jobs.isEmpty else { return }
        guard self.health.present == nil else {
            for job in jobs { job.fail(.unavailable) }
            return
        }
        do {
            let answers = try self.transaction(storing: jobs.reduce(0) { $0 + $1.eventBytes }, now: now, database) {
                store in
                try jobs.map { job in
                    self.health.began(at: .now())
                    return try job.perform(&store, now, database)
                }
            }
            for answer in answers { answer() }
        } catch {
            self.health.failed(DiskFailure(error), error)
            for job in jobs { job.fail(.unavailable) }
        }
    }

    private func keepUp(now: Int64, _ database: Database) {
        self.health.began(at: .now())
        guard self.directory.isIntact else { return self.health.failed(.removed) }
        self.metrics.fileBytes(self.directory.bytes)
        do {
            switch self.health.present {
            case .full:
                try self.makeRoom(now: now, database)
            case .some:
                try Self.tryDisk(database)
                fallthrough
            case nil:
                let done = try self.transaction(storing: 0, now: now, database) { try $0.keepUp(now: now, database) }
                done()
            }
            self.health.succeeded()
        } catch {
            self.health.failed(DiskFailure(error), error)
        }
    }

    /// Removes what need not be retained, in the room that was held for it. The disk is full until that can be held again,
    /// or there would be none the next time.
    private func makeRoom(now: Int64, _ database: Database) throws {
        self.reserve.release()
        try Self.carryOver(database)
        let done = try self.transaction(storing: 0, now: now, database) {
            try $0.keepUp(now: now, isFull: true, database)
        }
        done()
        self.health.began(at: .now())
        try Self.carryOver(database)
        // With no more than what was just carried over the next events would find it full again.
        guard self.reserve.hold(), (self.directory.free ?? .max) >= self.roomAhead else {
            throw DatabaseError(resultCode: .SQLITE_FULL)
        }
        try Self.tryDisk(database)
    }

    /// Checkpoints the write-ahead log and truncates it, unless another process is reading it. It does not wait for
    /// that, which would block everything else.
    private static func carryOver(_ database: Database) throws {
        try DatabaseFile.withoutPatience(database) { try database.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
    }

    /// Runs `body` in a transaction; behind others where more has to be removed for it than one removes.
    private func transaction<Value>(
        storing bytes: Int,
        now: Int64,
        _ database: Database,
        _ body: (inout LogStore) throws -> Value
    ) throws -> Value {
        while true {
            let start = NIODeadline.now()
            self.health.began(at: start)
            var store = self.store.withLock { $0 }
            var value: Value?
            var trimmed: [Retention.Reason: Int] = [:]
            try database.inTransaction(.immediate) {
                if try store.begin(storing: bytes, now: now, database) { value = try body(&store) }
                trimmed = try store.finish(now: now, database)
                return .commit
            }
            self.store.withLock { $0 = store }
            self.metrics.committed(in: (.now() - start).nanoseconds, trimmed: trimmed)
            if let value { return value }
        }
    }

    /// Writes as much as an event needs, and removes it again: two transactions, since data removed within its own is
    /// never written.
    private static func tryDisk(_ database: Database) throws {
        try database.inTransaction(.immediate) {
            try database.execute(sql: "INSERT OR REPLACE INTO trial (id, bytes) VALUES (1, randomblob(65536))")
            return .commit
        }
        try database.inTransaction(.immediate) {
            try database.execute(sql: "DELETE FROM trial")
            return .commit
        }
    }
}
