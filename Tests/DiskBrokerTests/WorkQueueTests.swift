// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Shared
import Testing

@testable import DiskBroker

/// What shares a transaction, and what is turned away.
@Suite struct WorkQueueTests {
    private func job(_ kind: DiskJob.Kind = .write, bytes: Int = 0) -> DiskJob {
        DiskJob(kind: kind, eventBytes: bytes, perform: { _, _, _ in {} }, fail: { _ in })
    }

    /// Only the first job begins work; what comes while it is done waits, and is one batch in the order in which it came.
    @Test func whatWaitsIsOneBatch() {
        var queue = WorkQueue(limit: 1 << 20, batchBytes: 1_000)
        #expect(queue.add(self.job(bytes: 1)) == .first)
        #expect(queue.takeBatch()?.map(\.eventBytes) == [1])
        for bytes in 2...5 { #expect(queue.add(self.job(bytes: bytes)) == .queued) }
        #expect(queue.takeBatch()?.map(\.eventBytes) == [2, 3, 4, 5])
        #expect(queue.takeBatch() == nil)
        #expect(queue.add(self.job()) == .first)
    }

    /// A batch is bounded by the bytes of its events, but an event that is larger has one of its own.
    @Test func batchesAreBounded() {
        var queue = WorkQueue(limit: 1 << 20, batchBytes: 1_000)
        for bytes in [600, 400, 1, 5_000, 1_000, 0] { _ = queue.add(self.job(bytes: bytes)) }
        var batches: [[Int]] = []
        while let batch = queue.takeBatch() { batches.append(batch.map(\.eventBytes)) }
        #expect(batches == [[600, 400], [1], [5_000], [1_000, 0]])
    }

    /// A batch has so many reads and no more: what writes behind them does not wait for all that come later.
    @Test func readsAreBounded() {
        var queue = WorkQueue(limit: 1 << 20, batchBytes: 1_000)
        for number in 0..<100 {
            _ = queue.add(self.job(number.isMultiple(of: 2) ? .read : .readBehind))
            _ = queue.add(self.job(.write))
        }
        #expect(queue.takeBatch()?.count == 128)
        #expect(queue.takeBatch()?.count == 72)
        #expect(queue.takeBatch() == nil)
    }

    /// What waits is bounded, whatever it is; where nothing waits even the largest is taken.
    @Test func waitingIsBounded() {
        var queue = WorkQueue(limit: 10_000, batchBytes: 1_000)
        #expect(queue.add(self.job(bytes: 50_000)) == .first)
        #expect(queue.add(self.job(.read)) == .refused(.overloaded))
        #expect(queue.takeBatch()?.count == 1)
        var taken = 0
        while queue.add(self.job(.read)) == .queued { taken += 1 }
        #expect(taken == 10_000 / DiskJob.cost)
    }

    /// What waits is given up where who is at work does not come back, and there is room for what comes then.
    @Test func givingUp() {
        var queue = WorkQueue(limit: 10_000, batchBytes: 1_000)
        _ = queue.add(self.job())
        #expect(queue.takeBatch()?.count == 1)
        _ = queue.add(self.job(bytes: 9_000))
        #expect(queue.add(self.job(bytes: 9_000)) == .refused(.overloaded))
        #expect(queue.abandon().map(\.eventBytes) == [9_000])
        #expect(queue.add(self.job(bytes: 9_000)) == .queued)
        #expect(queue.takeBatch()?.map(\.eventBytes) == [9_000])
    }

    /// What waits when the queue is closed is still done, and nothing comes after it.
    @Test func closing() {
        var queue = WorkQueue(limit: 10_000, batchBytes: 1_000)
        _ = queue.add(self.job())
        queue.close()
        #expect(queue.add(self.job()) == .refused(.closed))
        #expect(queue.takeBatch()?.count == 1)
        #expect(queue.takeBatch() == nil)
    }
}
