// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Metrics
internal import NIOCore

/// The outcome of a command; also a metric label.
enum RedisCommandOutcome: String, Sendable, CaseIterable {
    /// Redis executed it.
    case answered
    /// Redis answered with an error.
    case refused
    /// The connection was lost before the answer came, or the answer took too long.
    case unanswered
}

/// A node's metrics of Redis commands. Any thread.
struct RedisCommandMetrics: Sendable {
    private let time = Timer(label: "hookwire_redis_command_seconds")
    private let answered = Self.counter(.answered)
    private let refused = Self.counter(.refused)
    private let unanswered = Self.counter(.unanswered)

    /// Counts a command that Redis has answered.
    func answered(in time: TimeAmount, isRefusal: Bool) {
        self.time.recordNanoseconds(time.nanoseconds)
        (isRefusal ? self.refused : self.answered).increment()
    }

    /// Counts commands that got no answer.
    func unanswered(_ count: Int) {
        self.unanswered.increment(by: count)
    }

    private static func counter(_ outcome: RedisCommandOutcome) -> Counter {
        Counter(label: "hookwire_redis_commands_total", dimensions: [("outcome", outcome.rawValue)])
    }
}
