// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// When to connect: at the start, and after each loss with a back-off. No IO and no clock of its own.
struct RedisReconnection {
    private enum State {
        case idle
        case connecting
        case ready(since: NIODeadline)
        case waiting
        case stopped
    }

    private var state: State = .idle
    private var backoff: Backoff
    private let stableTime: TimeAmount

    /// - Parameter stableTime: how long a connection must have been ready for its loss to count as a first failure.
    init(backoff: Backoff, stableTime: TimeAmount) {
        self.backoff = backoff
        self.stableTime = stableTime
    }

    enum StartAction: Equatable {
        case ignore
        case connect
    }

    mutating func start() -> StartAction {
        guard case .idle = self.state else { return .ignore }
        self.state = .connecting
        return .connect
    }

    /// The wait is over.
    mutating func waitEnded() -> StartAction {
        guard case .waiting = self.state else { return .ignore }
        self.state = .connecting
        return .connect
    }

    /// The connection works.
    mutating func ready(now: NIODeadline) {
        guard case .connecting = self.state else { return }
        self.state = .ready(since: now)
    }

    enum LossAction: Equatable {
        case ignore
        case wait(TimeAmount)
    }

    /// The connection could not be made, or is lost.
    mutating func lost(now: NIODeadline, using random: inout some RandomNumberGenerator) -> LossAction {
        switch self.state {
        case .idle, .waiting, .stopped:
            return .ignore
        case .ready(let since):
            if since + self.stableTime <= now { self.backoff.reset() }
        case .connecting:
            break
        }
        self.state = .waiting
        return .wait(self.backoff.delay(using: &random))
    }

    /// The next attempt is likely to succeed: skip the wait.
    mutating func retryNow() -> StartAction {
        self.backoff.reset()
        return self.waitEnded()
    }

    /// No more attempts.
    mutating func stop() {
        self.state = .stopped
    }

    var isStopped: Bool {
        if case .stopped = self.state { true } else { false }
    }
}
