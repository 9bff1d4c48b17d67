// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
internal import Shared

/// What waits for the database: bounded, and taken in batches. Pure.
struct WorkQueue {
    /// The outcome of adding a job.
    enum Addition: Equatable {
        /// It waits, and a worker must be started.
        case first
        /// It waits for the running worker.
        case queued
        case refused(BrokerError)
    }

    /// How many jobs one transaction has at most.
    private static let batchCount = 4_096
    /// How many of them read at most: each may bring a page of hundreds of KiB, and what writes waits for them.
    private static let batchReads = 64

    private let limit: Int
    private let batchBytes: Int
    private var jobs: Deque<DiskJob> = []
    private var bytes = 0
    private var isWorking = false
    private var isClosed = false

    /// - Parameters:
    ///   - limit: how many bytes may wait; a job that finds none waiting is always taken.
    ///   - batchBytes: how many bytes of events a batch has at most, but for its first job.
    init(limit: Int, batchBytes: Int) {
        self.limit = limit
        self.batchBytes = batchBytes
    }

    mutating func add(_ job: DiskJob) -> Addition {
        guard !self.isClosed else { return .refused(.closed) }
        guard self.jobs.isEmpty || self.bytes + job.bytes <= self.limit else { return .refused(.overloaded) }
        self.jobs.append(job)
        self.bytes += job.bytes
        guard !self.isWorking else { return .queued }
        self.isWorking = true
        return .first
    }

    /// Takes the next batch; nil if the queue is empty, and then the worker stops until it is started again.
    mutating func takeBatch() -> [DiskJob]? {
        var batch: [DiskJob] = []
        var (eventBytes, reads) = (0, 0)
        while let job = self.jobs.first, batch.count < Self.batchCount,
            batch.isEmpty || eventBytes + job.eventBytes <= self.batchBytes
        {
            if job.kind.isRead {
                guard reads < Self.batchReads else { break }
                reads += 1
            }
            self.jobs.removeFirst()
            self.bytes -= job.bytes
            eventBytes += job.eventBytes
            batch.append(job)
        }
        self.isWorking = !batch.isEmpty
        return batch.isEmpty ? nil : batch
    }

    /// Takes all that waits, for it to be failed: who is at work does not come back to it.
    mutating func abandon() -> [DiskJob] {
        let jobs = Array(self.jobs)
        self.jobs = []
        self.bytes = 0
        return jobs
    }

    /// Takes no more jobs; what waits is still done.
    mutating func close() {
        self.isClosed = true
    }
}
