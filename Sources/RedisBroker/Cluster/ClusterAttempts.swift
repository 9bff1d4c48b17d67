// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// Decides where a command is sent, and how often it is retried. It is resent only if it is known not to have been
/// executed. No IO and no clock of its own.
struct ClusterAttempts {
    /// How many times a command is sent on to another node without a pause.
    static let redirectionLimit = 5

    private let deadline: NIODeadline
    private var redirections = 0
    private var backoff = Backoff(first: .milliseconds(10), cap: .milliseconds(200))

    /// - Parameter patience: for how long it is retried.
    init(now: NIODeadline, patience: TimeAmount) {
        self.deadline = now + patience
    }

    enum Action: Equatable {
        /// Send it to the slot's owner in the map.
        case sendToOwner
        /// Send it there, after ASKING.
        case ask(ClusterEndpoint)
        /// Wait, then send it to the slot's owner in the map.
        case wait(TimeAmount)
        /// Its time is up, or it was redirected too often.
        case giveUp
    }

    /// It was refused. A permanent redirection (MOVED) has been written into the map.
    mutating func refused(
        _ refusal: ClusterRefusal,
        now: NIODeadline,
        using random: inout some RandomNumberGenerator
    ) -> Action {
        guard now < self.deadline else { return .giveUp }
        switch refusal {
        case .moved, .ask:
            self.redirections += 1
            guard self.redirections <= Self.redirectionLimit else { return .giveUp }
            if case .ask(let endpoint) = refusal { return .ask(endpoint) }
            return .sendToOwner
        case .tryAgain, .down, .away, .unreachable:
            self.redirections = 0
            return .wait(min(self.backoff.delay(using: &random), self.deadline - now))
        }
    }
}
