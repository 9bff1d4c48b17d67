// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// Which writes of a connection a `WAIT` speaks for (redis.io, "WAIT"): those that went before it. No IO and no clock.
///
/// `WAIT` blocks its connection, so that there is one for all writes of a tick, and at most one in flight: later writes
/// share the next. A duplicate's reply waits like any other: Redis waits for everything written so far, and so for the
/// write that the duplicate repeats.
struct ReplicaWaitStateMachine<Request> {
    private struct Write {
        var request: Request
        var reply: RESPValue?
    }

    private let replicas: Int
    private var lastNumber: UInt64 = 0
    /// Those that no `WAIT` has gone behind.
    private var open: [UInt64: Write] = [:]
    /// Those that the `WAIT` on its way is for.
    private var waiting: [UInt64: Write] = [:]
    private var isWaiting = false
    private var isScheduled = false

    /// - Parameter replicas: how many are enough.
    init(replicas: Int) {
        self.replicas = replicas
    }

    /// A write is about to be sent.
    ///
    /// - Returns: its number, and whether `tickEnded` is to be called when this tick ends.
    mutating func sent(_ request: Request) -> (number: UInt64, schedules: Bool) {
        self.lastNumber += 1
        self.open[self.lastNumber] = Write(request: request)
        guard !self.isWaiting, !self.isScheduled else { return (self.lastNumber, false) }
        self.isScheduled = true
        return (self.lastNumber, true)
    }

    /// The tick is over.
    ///
    /// - Returns: whether a `WAIT` is to be sent, whose answer is handed in.
    mutating func tickEnded() -> Bool {
        self.isScheduled = false
        return self.beginToWait()
    }

    private mutating func beginToWait() -> Bool {
        guard !self.isWaiting, !self.open.isEmpty else { return false }
        self.waiting = self.open
        self.open = [:]
        self.isWaiting = true
        return true
    }

    /// Redis has done the write.
    mutating func replied(_ reply: RESPValue, to number: UInt64) {
        self.open[number]?.reply = reply
        self.waiting[number]?.reply = reply
    }

    /// The write has failed.
    ///
    /// - Returns: the request to complete.
    mutating func failed(_ number: UInt64) -> Request? {
        (self.waiting.removeValue(forKey: number) ?? self.open.removeValue(forKey: number))?.request
    }

    /// The outcome of the writes covered by a `WAIT`.
    struct Outcome {
        /// Those that enough replicas have, with Redis' replies.
        var done: [(request: Request, reply: RESPValue)] = []
        /// The writes on too few replicas, or whose replication is unknown.
        var failed: [(request: Request, error: BrokerError)] = []
        /// Whether another `WAIT` is to be sent.
        var waits = false
    }

    /// A `WAIT` has been answered.
    ///
    /// - Parameter answer: how many replicas have the writes, or why that is unknown.
    mutating func waitAnswered(_ answer: Result<Int, BrokerError>) -> Outcome {
        precondition(self.isWaiting, "an answer to a WAIT that was not sent")
        let writes = self.waiting.sorted { $0.key < $1.key }.map(\.value)
        self.waiting = [:]
        self.isWaiting = false
        var outcome = Outcome()
        for write in writes {
            switch answer {
            case .success(let count) where count >= self.replicas && write.reply != nil:
                if let reply = write.reply { outcome.done.append((write.request, reply)) }
            case .success:
                outcome.failed.append((write.request, write.reply == nil ? .unavailable : .unreplicated))
            case .failure(let error):
                outcome.failed.append((write.request, error))
            }
        }
        outcome.waits = self.beginToWait()
        return outcome
    }
}
