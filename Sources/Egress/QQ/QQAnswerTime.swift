// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Synchronization

/// How long whoever reads an answer waits for the platform to go on with it. The HTTP client's own deadline ends with
/// the answer's header, and its read time-out does not know when it is the client that is waited for.
struct QQAnswerTime {
    private let limit: TimeAmount
    /// When the platform is too slow; `distantFuture` while it is not waited for.
    private var deadline: NIODeadline

    init(limit: TimeAmount, now: NIODeadline) {
        self.limit = limit
        self.deadline = now + limit
    }

    /// A part has come, which the client takes first.
    mutating func pause() { self.deadline = .distantFuture }

    /// The platform is waited for again, and has all of its time.
    mutating func resume(now: NIODeadline) { self.deadline = now + self.limit }

    /// In how long to look again; nil where the platform is too slow.
    func left(now: NIODeadline) -> TimeAmount? {
        // While the client is waited for, the deadline can be set anew at any moment, and is then the limit away.
        let next = min(self.deadline, now + self.limit)
        return next > now ? next - now : nil
    }
}

/// The time of one answer, shared by who reads it and who looks at the clock. Any thread.
final class QQAnswerClock: Sendable {
    private let time: Mutex<QQAnswerTime>

    private init(limit: TimeAmount) {
        self.time = Mutex(QQAnswerTime(limit: limit, now: .now()))
    }

    func pause() { self.time.withLock { $0.pause() } }

    func resume() { self.time.withLock { $0.resume(now: .now()) } }

    /// Runs what reads an answer, and cancels it when the platform is too slow.
    ///
    /// - Throws: `QQRefusal.upstreamTimeout` then, and what `read` throws.
    static func run<Value: Sendable>(
        limit: TimeAmount,
        _ read: @escaping @Sendable (QQAnswerClock) async throws -> Value
    ) async throws -> Value {
        let clock = QQAnswerClock(limit: limit)
        return try await withThrowingTaskGroup(of: Value.self) { group in
            group.addTask { try await read(clock) }
            group.addTask {
                while let left = clock.time.withLock({ $0.left(now: .now()) }) {
                    try await Task.sleep(for: .nanoseconds(left.nanoseconds))
                }
                throw QQRefusal.upstreamTimeout
            }
            defer { group.cancelAll() }
            guard let value = try await group.next() else { preconditionFailure("two tasks were added") }
            return value
        }
    }
}
