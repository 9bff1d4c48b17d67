// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// How far one event loop is; the loops' are added up. Counts since the run began.
struct LoadProgress: Sendable, Equatable {
    /// Whether everything that the phase has to send is sent and answered.
    var isAnswered = true
    /// Whether nothing is in flight and the next event is not due yet.
    var isResting = true
    var accepted = 0
    var failed = 0
    var delivered = 0

    mutating func add(_ other: LoadProgress) {
        self.isAnswered = self.isAnswered && other.isAnswered
        self.isResting = self.isResting && other.isResting
        self.accepted += other.accepted
        self.failed += other.failed
        self.delivered += other.delivered
    }

    /// Whether every accepted event has come to each of its sockets. Where some were not accepted it cannot be told:
    /// they may have been delivered nevertheless.
    func isDelivered(socketsPerSecret: Int) -> Bool {
        self.failed == 0 && self.delivered >= self.accepted * socketsPerSecret
    }
}
