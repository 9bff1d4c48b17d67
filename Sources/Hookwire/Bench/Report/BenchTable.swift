// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// A report for people.
struct BenchTable {
    private(set) var text = ""

    init(_ report: BenchReport) {
        self.add(report.configuration, report.machine)
        self.add(report.sockets, isIdle: report.load == nil)
        if let load = report.load { self.add(load) }
        self.add(report.processes + [report.generator], isIdle: report.load == nil)
        for note in report.notes { self.line("note", note) }
        if report.problems.isEmpty {
            self.line("result", Self.success(report))
        } else {
            for problem in report.problems { self.line("PROBLEM", problem) }
        }
    }

    private static func success(_ report: BenchReport) -> String {
        guard let load = report.load else { return "all sockets held" }
        guard load.sent > 0 else { return "nothing was sent" }
        return report.sockets.opened > 0
            ? "every event delivered once, in order, unaltered"
            : "every event accepted; there was no socket to deliver it to"
    }

    private mutating func add(_ configuration: BenchReport.Configuration, _ machine: MachineFigures) {
        var mode = configuration.mode
        if let rate = configuration.rate { mode += " \(Self.number(rate))/s" }
        if configuration.mode != "idle" {
            mode += ", \(configuration.connections) connections"
            if configuration.pipeline > 1 { mode += " × \(configuration.pipeline)" }
            mode += ", \(configuration.bodyBytes) B \(configuration.signed ? "signed" : "unsigned")"
        }
        self.line("load", "\(mode), \(configuration.secrets) secrets × \(configuration.socketsPerSecret) sockets")
        self.line(
            "machine",
            "\(machine.cores) cores, \(machine.system), load average \(Self.number(machine.loadAverage))"
        )
    }

    private mutating func add(_ sockets: BenchReport.Sockets, isIdle: Bool) {
        var text = "\(sockets.opened) opened, \(Self.number(sockets.handshakesPerSecond)) handshakes/s"
        if let held = sockets.heldSeconds { text += ", held \(Self.number(held)) s, \(sockets.pings) pings answered" }
        self.line("sockets", text)
    }

    private mutating func add(_ load: BenchReport.Load) {
        self.line(
            "accepted",
            "\(load.accepted) of \(load.sent) in \(Self.number(load.acceptedSeconds)) s: "
                + "\(Self.number(load.acceptedPerSecond))/s"
        )
        self.line(
            "delivered",
            "\(load.delivered) in \(Self.number(load.deliveredSeconds)) s: \(Self.number(load.deliveredPerSecond))/s"
        )
        if load.reconnections > 0 { self.line("reconnected", "\(load.reconnections) times") }
        self.text += "\n"
        guard load.acknowledgement != nil || load.endToEnd != nil else { return }
        self.row("latency, ms", ["p50", "p90", "p99", "p99.9", "max"])
        self.add("acknowledged", load.acknowledgement)
        self.add("end to end", load.endToEnd)
        self.add("sent late by", load.lateness)
        self.text += "\n"
    }

    private mutating func add(_ name: String, _ latency: LatencyFigures?) {
        guard let latency else { return }
        self.row(name, [latency.p50, latency.p90, latency.p99, latency.p999, latency.max].map(Self.milliseconds))
    }

    private mutating func add(_ processes: [ProcessFigures], isIdle: Bool) {
        if isIdle {
            self.row("process", ["cores", "RSS MiB", "B/socket"])
        } else {
            self.row("process", ["cores", "user µs/ev", "sys µs/ev", "µs/deliv.", "RSS MiB"])
        }
        for process in processes {
            let resident = process.residentBytes.map { Self.number(Double($0) / 1_048_576) } ?? "-"
            let cells: [String?] =
                isIdle
                ? [process.cores.map(Self.number), resident, process.residentBytesPerSocket.map(Self.number)]
                : [
                    process.cores.map(Self.number), process.userMicrosecondsPerEvent.map(Self.number),
                    process.systemMicrosecondsPerEvent.map(Self.number),
                    process.microsecondsPerDelivery.map(Self.number), resident,
                ]
            self.row(process.name, cells.map { $0 ?? "-" })
        }
        self.text += "\n"
    }

    private mutating func line(_ name: String, _ value: String) {
        self.text += Self.pad(name, to: 14) + value + "\n"
    }

    private mutating func row(_ name: String, _ cells: [String]) {
        self.text += Self.pad(name, to: 14)
        for cell in cells { self.text += String(repeating: " ", count: max(1, 12 - cell.count)) + cell }
        self.text += "\n"
    }

    private static func pad(_ text: String, to width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }

    /// Three digits that count, no more: `4.37`, `43.7`, `437`, `43712`.
    static func number(_ value: Double) -> String {
        let magnitude = abs(value)
        if magnitude >= 99.95 { return "\(Int(value.rounded()))" }
        return self.fixed(value, digits: magnitude >= 9.995 ? 1 : 2)
    }

    /// A latency, to the microsecond below 10 ms.
    static func milliseconds(_ value: Double) -> String {
        value < 9.9995 ? self.fixed(value, digits: 3) : self.number(value)
    }

    private static func fixed(_ value: Double, digits: Int) -> String {
        let scale = digits == 1 ? 10 : digits == 2 ? 100 : 1_000
        let scaled = Int((abs(value) * Double(scale)).rounded())
        let fraction = String(scaled % scale)
        return (value < 0 ? "-" : "") + "\(scaled / scale)."
            + String(repeating: "0", count: digits - fraction.count) + fraction
    }
}
