// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// What one event loop counted during a phase; the loops' tallies are added up.
struct LoadTally: Sendable {
    var sent = 0
    /// Events that were due and could not be sent: no connection was free until the end.
    var unsent = 0
    /// Answers 2xx.
    var accepted = 0
    /// Other answers, by status.
    var refused: [Int: Int] = [:]
    /// Requests that were never answered.
    var unanswered = 0
    /// Connections that broke or could not be made, by reason.
    var connectionErrors: [String: Int] = [:]
    /// Reconnections after orderly closes by the server.
    var reconnections = 0

    var delivered = 0
    var duplicates = 0
    var outOfOrder = 0
    /// Messages that are no event of this run, byte for byte.
    var corrupt = 0
    /// Events of another bot.
    var misrouted = 0
    /// Sockets that ended before the run did, by reason.
    var socketsLost: [String: Int] = [:]
    var pings = 0

    var acknowledgement = LatencyHistogram()
    var endToEnd = LatencyHistogram()
    /// How late what was due was sent: the generator was busy, or no connection was free.
    var lateness = LatencyHistogram()
    var lastAnswer: NIODeadline?
    var lastDelivery: NIODeadline?

    mutating func add(_ other: LoadTally) {
        self.sent += other.sent
        self.unsent += other.unsent
        self.accepted += other.accepted
        self.refused.merge(other.refused, uniquingKeysWith: +)
        self.unanswered += other.unanswered
        self.connectionErrors.merge(other.connectionErrors, uniquingKeysWith: +)
        self.reconnections += other.reconnections
        self.delivered += other.delivered
        self.duplicates += other.duplicates
        self.outOfOrder += other.outOfOrder
        self.corrupt += other.corrupt
        self.misrouted += other.misrouted
        self.socketsLost.merge(other.socketsLost, uniquingKeysWith: +)
        self.pings += other.pings
        self.acknowledgement.add(other.acknowledgement)
        self.endToEnd.add(other.endToEnd)
        self.lateness.add(other.lateness)
        self.lastAnswer = [self.lastAnswer, other.lastAnswer].compactMap { $0 }.max()
        self.lastDelivery = [self.lastDelivery, other.lastDelivery].compactMap { $0 }.max()
    }
}
