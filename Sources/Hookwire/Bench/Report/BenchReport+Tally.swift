// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

extension BenchReport.Configuration {
    init(_ configuration: BenchConfiguration) {
        self.run = configuration.run
        switch configuration.mode {
        case .closedLoop:
            self.mode = "closed loop"
            self.rate = nil
        case .fixedRate(let rate):
            self.mode = "fixed rate"
            self.rate = rate
        case .idle:
            self.mode = "idle"
            self.rate = nil
        }
        self.webhooks = configuration.webhooks.map(\.template)
        self.sockets = configuration.sockets.map(\.template)
        self.secrets = configuration.secrets
        self.socketsPerSecret = configuration.socketsPerSecret
        self.connections = configuration.connections
        self.pipeline = configuration.pipeline
        self.bodyBytes = configuration.bodySize
        self.signed = configuration.isSigned
        self.threads = configuration.threads
        self.warmUpEvents = configuration.warmUpEvents
        self.events = configuration.measuredEvents
        self.requestedEvents = configuration.requestedEvents
        self.durationSeconds = configuration.duration.map { Double($0.nanoseconds) / 1e9 }
    }
}

extension BenchReport.Load {
    init(_ tally: LoadTally, start: NIODeadline) {
        func seconds(until end: NIODeadline?) -> Double { end.map { Double(($0 - start).nanoseconds) / 1e9 } ?? 0 }
        self.acceptedSeconds = seconds(until: tally.lastAnswer)
        self.deliveredSeconds = seconds(until: tally.lastDelivery)
        self.sent = tally.sent
        self.accepted = tally.accepted
        self.acceptedPerSecond = self.acceptedSeconds > 0 ? Double(tally.accepted) / self.acceptedSeconds : 0
        self.delivered = tally.delivered
        self.deliveredPerSecond = self.deliveredSeconds > 0 ? Double(tally.delivered) / self.deliveredSeconds : 0
        self.acknowledgement = LatencyFigures(tally.acknowledgement)
        self.endToEnd = LatencyFigures(tally.endToEnd)
        self.lateness = LatencyFigures(tally.lateness)
        self.reconnections = tally.reconnections
    }
}

extension BenchReport.Failures {
    /// Adds what a phase counted.
    mutating func add(_ tally: LoadTally) {
        self.duplicates += tally.duplicates
        self.outOfOrder += tally.outOfOrder
        self.corrupt += tally.corrupt
        self.misrouted += tally.misrouted
        self.unanswered += tally.unanswered
        self.unsent += tally.unsent
        for (status, count) in tally.refused { self.refused["\(status)", default: 0] += count }
        self.connectionErrors.merge(tally.connectionErrors, uniquingKeysWith: +)
        self.socketsLost.merge(tally.socketsLost, uniquingKeysWith: +)
    }
}
