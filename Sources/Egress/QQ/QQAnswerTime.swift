// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Synchronization

/// The read time-out for the platform's response body. The HTTP client's own deadline ends with the response's header,
/// and its read time-out cannot exclude waiting for our client.
struct QQAnswerTime {
    private let limit: TimeAmount
    /// When the platform times out; `distantFuture` while it is not waited for.
    private var deadline: NIODeadline

    init(limit: TimeAmount, now: NIODeadline) {
        self.limit = limit
        self.deadline = now + limit
    }

    /// A part has arrived and goes to the client first.
    mutating func pause() { self.deadline = .distantFuture }

    /// The platform is waited for again, with a fresh time-out.
    mutating func resume(now: NIODeadline) { self.deadline = now + self.limit }

    /// How long until the next check; nil if the platform has timed out.
    func left(now: NIODeadline) -> TimeAmount? {
        // While waiting for the client, the deadline may be reset at any moment, to `limit` from then.
        let next = min(self.deadline, now + self.limit)
        return next > now ? next - now : nil
    }
}

/// The time-out of one response, shared by its reader and its timer. Any thread.
final class QQAnswerClock: Sendable {
    private let time: Mutex<QQAnswerTime>

    private init(limit: TimeAmount) {
        self.time = Mutex(QQAnswerTime(limit: limit, now: .now()))
    }

    func pause() { self.time.withLock { $0.pause() } }

    func resume() { self.time.withLock { $0.resume(now: .now()) } }

    /// Runs the reading of a response, and cancels it when the platform times out.
    ///
    /// - Throws: `QQRefusal.upstreamTimeout` on time-out, and what `read` throws.
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
