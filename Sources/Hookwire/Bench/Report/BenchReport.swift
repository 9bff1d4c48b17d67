// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import FoundationEssentials

/// Everything that a run found out.
struct BenchReport: Encodable, Sendable {
    /// What was asked for.
    struct Configuration: Encodable, Sendable {
        let run: String
        let mode: String
        let rate: Double?
        let webhooks: [String]
        let sockets: [String]
        let secrets: Int
        let socketsPerSecret: Int
        let connections: Int
        let pipeline: Int
        let bodyBytes: Int
        let signed: Bool
        let threads: Int
        let warmUpEvents: Int
        let events: Int
        let requestedEvents: Int?
        let durationSeconds: Double?
    }

    /// What was sent and what came back.
    struct Load: Encodable, Sendable {
        /// From the first event to the last acknowledgement, and to the last delivery.
        let acceptedSeconds: Double
        let deliveredSeconds: Double
        let sent: Int
        let accepted: Int
        let acceptedPerSecond: Double
        let delivered: Int
        let deliveredPerSecond: Double
        let acknowledgement: LatencyFigures?
        let endToEnd: LatencyFigures?
        /// How late what was due was sent, because the generator was busy or no connection was free; the latencies
        /// include it.
        let lateness: LatencyFigures?
        let reconnections: Int
    }

    /// What went wrong, the warm-up included. All zero and empty is how it should be.
    struct Failures: Encodable, Sendable {
        var lost = 0
        var duplicates = 0
        var outOfOrder = 0
        var corrupt = 0
        var misrouted = 0
        var unanswered = 0
        var unsent = 0
        var refused: [String: Int] = [:]
        var connectionErrors: [String: Int] = [:]
        var socketsLost: [String: Int] = [:]
        var socketsNotOpened: [String: Int] = [:]
    }

    /// How the sockets were opened and held.
    struct Sockets: Encodable, Sendable {
        let opened: Int
        let openingSeconds: Double
        let handshakesPerSecond: Double
        let heldSeconds: Double?
        let pings: Int
    }

    let version: String
    let machine: MachineFigures
    let configuration: Configuration
    let sockets: Sockets
    let load: Load?
    let failures: Failures
    let processes: [ProcessFigures]
    let generator: ProcessFigures
    /// The signal that ended the run.
    var endedBySignal: String?
    /// Whether it did so before all was sent, or before the sockets were held for as long as was asked for.
    var wasCutShort = false
    /// Whether a closed loop stopped sending because the time was over.
    var wasTimeOver = false

    /// Whether the generator was busy all the time, so that the server can do more than the figures say.
    var generatorIsFull: Bool { (self.generator.cores ?? 0) >= 0.93 * Double(self.configuration.threads) }

    /// What has to be known to read the figures, a sentence each.
    var notes: [String] {
        var notes: [String] = []
        if self.generatorIsFull {
            notes.append("the generator was busy all the time: the server can do more (--threads, another machine)")
        }
        if let signal = self.endedBySignal {
            notes.append("ended \(self.wasCutShort ? "early " : "")by \(signal): \(self.measured)")
        } else if let note = self.unsent {
            notes.append(note)
        }
        if let load = self.load, let rate = self.configuration.rate, load.accepted > 0 {
            // Some time for the last answer, which a short run would be blamed for.
            let due = Double(load.sent) / rate
            if load.acceptedSeconds > due * 1.05 + 0.25 {
                notes.append(
                    "the rate was not kept: \(BenchTable.number(load.acceptedPerSecond)) of "
                        + "\(BenchTable.number(rate)) events a second; latencies count from when an event was due"
                )
            }
        }
        return notes
    }

    /// How much of what was asked for was measured.
    private var measured: String {
        guard let load = self.load else {
            return "the sockets were held for \(BenchTable.number(self.sockets.heldSeconds ?? 0)) s"
        }
        // Where events are only as many as a closed loop may need, their number tells nothing.
        let configuration = self.configuration
        guard configuration.rate != nil || configuration.requestedEvents != nil || configuration.durationSeconds == nil
        else {
            return "\(load.sent) events were sent"
        }
        return "\(load.sent) of \(configuration.events) events were sent"
    }

    /// How many of the events that were asked for were not sent, and why; nil where all were. Events that were due and
    /// found no connection are a problem of their own.
    private var unsent: String? {
        guard let load = self.load, let requested = self.configuration.requestedEvents else { return nil }
        let isFixedRate = self.configuration.rate != nil
        let unsent = requested - (isFixedRate ? self.configuration.events : load.sent)
        guard unsent > 0 else { return nil }
        let isTime = isFixedRate || self.wasTimeOver
        let reason = isTime ? "--duration was over" : "nothing happened for as long as --settle"
        return "\(reason): \(unsent) of \(requested) events were not sent"
    }

    /// What went wrong, a sentence each, with what to look at where a relay refused.
    var problems: [String] {
        let failures = self.failures
        var problems: [String] = []
        func report(_ count: Int, _ text: String, hint: String? = nil) {
            if count > 0 { problems.append("\(count) \(text)" + (hint.map { ": \($0)" } ?? "")) }
        }
        for process in self.processes where process.hasEnded {
            report(1, "process ended during the run: \(process.name) (\(process.pid ?? 0))")
        }
        report(failures.lost, "deliveries lost")
        report(failures.duplicates, "duplicate deliveries")
        report(failures.outOfOrder, "deliveries out of order")
        report(failures.corrupt, "messages that are no event of this run, or were altered")
        report(failures.misrouted, "deliveries to another bot's socket")
        report(failures.unanswered, "requests not answered")
        report(failures.unsent, "events not sent: no connection was free")
        for (status, count) in failures.refused.sorted(by: { $0.key < $1.key }) {
            let hint = StatusHint.webhook(status, isSigned: self.configuration.signed)
            report(count, "answers \(status)", hint: hint)
        }
        for (reason, count) in failures.connectionErrors.sorted(by: { $0.key < $1.key }) {
            report(count, "connections \(reason)")
        }
        for (reason, count) in failures.socketsNotOpened.sorted(by: { $0.key < $1.key }) {
            report(count, "sockets not opened: \(reason)", hint: StatusHint.socket(refusal: reason))
        }
        for (reason, count) in failures.socketsLost.sorted(by: { $0.key < $1.key }) {
            report(count, "sockets ended early: \(reason)")
        }
        return problems
    }

    /// One JSON object.
    func json() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(self))
    }

    private enum CodingKeys: String, CodingKey {
        case version, machine, configuration, sockets, load, failures, processes, generator, generatorIsFull
        case endedBySignal, notes, problems
    }

    func encode(to encoder: any Encoder) throws {
        var object = encoder.container(keyedBy: CodingKeys.self)
        try object.encode(self.version, forKey: .version)
        try object.encode(self.machine, forKey: .machine)
        try object.encode(self.configuration, forKey: .configuration)
        try object.encode(self.sockets, forKey: .sockets)
        try object.encodeIfPresent(self.load, forKey: .load)
        try object.encode(self.failures, forKey: .failures)
        try object.encode(self.processes, forKey: .processes)
        try object.encode(self.generator, forKey: .generator)
        try object.encode(self.generatorIsFull, forKey: .generatorIsFull)
        try object.encodeIfPresent(self.endedBySignal, forKey: .endedBySignal)
        try object.encode(self.notes, forKey: .notes)
        try object.encode(self.problems, forKey: .problems)
    }
}
