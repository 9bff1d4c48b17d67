// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Synchronization

/// When each event was sent and when it was answered, in nanoseconds of the monotonic clock, shared by all event loops.
final class EventTimes {
    /// The outcome of a request.
    enum Answer: Equatable {
        case pending
        case accepted(NIODeadline)
        /// Answered with an error, or not at all.
        case failed
    }

    private static let pending: UInt64 = 0
    private static let failed = UInt64.max

    private let count: Int
    /// Two cells per event: sent, answered.
    private let cells: UnsafeMutablePointer<Atomic<UInt64>>

    init(count: Int) {
        self.count = count
        self.cells = .allocate(capacity: 2 * count)
        for index in 0..<2 * count {
            (self.cells + index).initialize(to: Atomic(Self.pending))
        }
    }

    deinit {
        self.cells.deinitialize(count: 2 * self.count)
        self.cells.deallocate()
    }

    /// Notes when an event was sent, or should have been.
    func send(_ event: Int, at time: NIODeadline) {
        self.store(time.uptimeNanoseconds, at: 2 * event)
    }

    /// Notes that the event was accepted.
    func accept(_ event: Int, at time: NIODeadline) {
        self.store(time.uptimeNanoseconds, at: 2 * event + 1)
    }

    /// Notes that the event was not accepted.
    func fail(_ event: Int) {
        self.store(Self.failed, at: 2 * event + 1)
    }

    /// When the event was sent; nil if it was not.
    func sent(_ event: Int) -> NIODeadline? {
        let time = self.load(2 * event)
        return time == Self.pending ? nil : .uptimeNanoseconds(time)
    }

    /// The outcome of the event's request.
    func answer(_ event: Int) -> Answer {
        switch self.load(2 * event + 1) {
        case Self.pending: .pending
        case Self.failed: .failed
        case let time: .accepted(.uptimeNanoseconds(time))
        }
    }

    private func store(_ value: UInt64, at index: Int) {
        precondition(index < 2 * self.count)
        self.cells[index].store(value, ordering: .relaxed)
    }

    private func load(_ index: Int) -> UInt64 {
        precondition(index < 2 * self.count)
        return self.cells[index].load(ordering: .relaxed)
    }
}

/// The pointer never changes, and what it points to is atomic; the memory lives as long as the object.
extension EventTimes: @unchecked Sendable {}
