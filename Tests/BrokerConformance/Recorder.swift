// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import Shared
internal import Synchronization

/// A receiver that keeps what it is given, and lets a test wait for it.
public final class Recorder: FeedReceiver {
    /// The news that events were lost.
    public struct Interruption: Hashable, Sendable {
        /// Why.
        public var reason: UnrecoverableReason
        /// Where the feed went on.
        public var head: Position
        /// How many events had been received before.
        public var index: Int

        /// An interruption from its parts.
        public init(reason: UnrecoverableReason, head: Position, index: Int) {
            self.reason = reason
            self.head = head
            self.index = index
        }
    }

    private struct Waiter {
        var count: Int
        var continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var entries: [LogEntry] = []
        var interruptions: [Interruption] = []
        var waiters: [Waiter] = []
        var pressure: FeedPressure?
    }

    private let state = Mutex(State())

    /// A recorder of nothing yet.
    public init() {}

    /// What was received so far.
    public var entries: [LogEntry] { self.state.withLock { $0.entries } }

    /// What was said to be lost so far.
    public var interruptions: [Interruption] { self.state.withLock { $0.interruptions } }

    /// Makes every call return `pressure` from now on.
    public func setPressure(_ pressure: FeedPressure?) {
        self.state.withLock { $0.pressure = pressure }
    }

    /// Waits until at least `count` events were received, and returns all there are. A test that is out of time gets
    /// what there is then.
    @discardableResult
    public func entries(atLeast count: Int) async -> [LogEntry] {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = self.state.withLock { state in
                    if state.entries.count >= count || Task.isCancelled { return true }
                    state.waiters.append(Waiter(count: count, continuation: continuation))
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            self.resumeWaiters(for: .max)
        }
        return self.entries
    }

    private func resumeWaiters(for count: Int) {
        let waiters = self.state.withLock { state in
            defer { state.waiters.removeAll { $0.count <= count } }
            return state.waiters.filter { $0.count <= count }
        }
        for waiter in waiters { waiter.continuation.resume() }
    }

    public func receive(_ entry: LogEntry) -> FeedPressure? {
        let (count, pressure) = self.state.withLock { state in
            state.entries.append(entry)
            return (state.entries.count, state.pressure)
        }
        self.resumeWaiters(for: count)
        return pressure
    }

    public func interrupted(_ reason: UnrecoverableReason, head: Position) {
        self.state.withLock { state in
            state.interruptions.append(Interruption(reason: reason, head: head, index: state.entries.count))
        }
    }
}
