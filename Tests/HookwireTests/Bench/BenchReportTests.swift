// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import NIOCore
import Testing

@testable import Hookwire

/// What a report makes of what was measured.
@Suite struct BenchReportTests {
    private static let usage = ProcessUsage(user: 1, system: 1, residentBytes: 1 << 20)

    private func process(before: ProcessUsage?, after: ProcessUsage?, pid: Int? = nil) -> ProcessFigures {
        ProcessFigures(
            name: "server",
            pid: pid,
            before: before,
            after: after,
            window: ProcessFigures.Window(seconds: 10, events: 1_000, deliveries: 1_000)
        )
    }

    private func report(
        _ flags: [String] = [],
        sockets: Int = 1,
        seconds: Int64 = 1,
        signal: String? = nil,
        wasTimeOver: Bool = false,
        failures: BenchReport.Failures = BenchReport.Failures(),
        processes: [ProcessFigures] = []
    ) throws -> BenchReport {
        var tally = LoadTally()
        tally.sent = 1_000
        tally.accepted = 1_000
        tally.lastAnswer = .uptimeNanoseconds(1) + .seconds(seconds)
        return BenchReport(
            version: "1",
            machine: MachineFigures(),
            configuration: BenchReport.Configuration(try BenchConfiguration(BenchOptions.parse(flags))),
            sockets: BenchReport.Sockets(
                opened: sockets,
                openingSeconds: 1,
                handshakesPerSecond: 1,
                heldSeconds: nil,
                pings: 0
            ),
            load: BenchReport.Load(tally, start: .uptimeNanoseconds(1)),
            failures: failures,
            processes: processes,
            generator: self.process(before: Self.usage, after: Self.usage),
            endedBySignal: signal,
            wasCutShort: signal != nil,
            wasTimeOver: wasTimeOver
        )
    }

    /// A server that dies costs its own figures, and no others.
    @Test func processEnds() throws {
        let gone = self.process(before: Self.usage, after: nil, pid: 12)
        let report = try self.report(processes: [self.process(before: Self.usage, after: Self.usage, pid: 11), gone])
        #expect(report.problems == ["1 process ended during the run: server (12)"])
        #expect(gone.cores == nil)
        #expect(gone.residentBytes == nil)
        let text = BenchTable(report).text
        #expect(text.contains("accepted      1000 of 1000 in 1.00 s: 1000/s"))
        #expect(text.contains("server                   -           -           -           -           -\n"))
        #expect(text.contains("server                0.00        0.00        0.00        0.00        1.00\n"))
    }

    /// Where a server takes longer than the events were due, the latencies are those of a queue.
    @Test(arguments: [(Int64(1), 0), (2, 1)])
    func rate(seconds: Int64, notes: Int) throws {
        let report = try self.report(["--rate=1000", "--duration=1s"], seconds: seconds)
        #expect(report.notes.count == notes)
        if let note = report.notes.first {
            #expect(note.hasPrefix("the rate was not kept: 500 of 1000 events a second; "))
            #expect(BenchTable(report).text.contains("note          the rate was not kept"))
        }
        #expect(report.problems.isEmpty)
    }

    /// What was asked for and not sent is told, with the reason; what was signed to have enough is not missed.
    @Test(
        arguments: [
            (["--events=5000", "--duration=1s"], true, "--duration was over: 4000 of 5000 events were not sent"),
            (["--events=5000"], false, "nothing happened for as long as --settle: 4000 of 5000 events were not sent"),
            (
                ["--events=5000", "--rate=1000", "--duration=1s"], false,
                "--duration was over: 4000 of 5000 events were not sent"
            ),
            (["--events=1000", "--duration=1s"], true, nil), (["--events=1000"], false, nil),
            (["--duration=1s"], true, nil), (["--rate=1000", "--duration=1s"], false, nil),
        ]
    )
    func unsentEvents(flags: [String], wasTimeOver: Bool, note: String?) throws {
        let report = try self.report(flags, wasTimeOver: wasTimeOver)
        #expect(report.notes == (note.map { [$0] } ?? []))
        #expect(report.problems.isEmpty)
        guard let note else { return }
        #expect(BenchTable(report).text.contains("note          \(note)\n"))
        #expect(try String(decoding: report.json(), as: UTF8.self).contains(#""notes":["\#(note)"]"#))
    }

    /// A run that a signal ended says how far it came, where that is known.
    @Test(
        arguments: [
            (["--events=5000", "--duration=10s"], "1000 of 5000 events were sent"),
            (["--rate=1000", "--duration=5s"], "1000 of 5000 events were sent"),
            (["--duration=10s"], "1000 events were sent"),
        ]
    )
    func signals(flags: [String], text: String) throws {
        #expect(try self.report(flags, signal: "SIGINT").notes == ["ended early by SIGINT: \(text)"])
    }

    /// A rate that was kept until a signal came was kept.
    @Test(arguments: [(Int64(1), 1), (2, 2)])
    func rateUntilSignal(seconds: Int64, notes: Int) throws {
        let report = try self.report(["--rate=1000", "--duration=5s"], seconds: seconds, signal: "SIGINT")
        #expect(report.notes.count == notes)
    }

    /// What a relay refused comes with what to look at, where that is known.
    @Test(
        arguments: [
            ("401", ["--unsigned"], "401: the relay verifies signatures, and --unsigned makes none"),
            ("401", [], "401: check that --webhook has ?secret={secret}; "),
            ("404", [], "404: --webhook leads nowhere, or "),
            ("400", [], "400: --webhook lacks"), ("405", [], "405: --webhook is no"), ("413", [], "413: --body-size "),
            ("429", [], "429: a limit of the relay: its --address-rate"), ("503", [], "503: the relay cannot store"),
        ]
    )
    func refusals(status: String, flags: [String], problem: String) throws {
        let report = try self.report(flags, failures: BenchReport.Failures(refused: [status: 7, "599": 1]))
        #expect(report.problems.count == 2)
        #expect(report.problems.first?.hasPrefix("7 answers \(problem)") == true)
        #expect(report.problems.last == "1 answers 599")
        #expect(BenchTable(report).text.contains("PROBLEM       7 answers \(problem)"))
        #expect(try String(decoding: report.json(), as: UTF8.self).contains(#""problems":["7 answers \#(problem)"#))
    }

    /// So does a handshake that was refused.
    @Test(arguments: ["400", "401", "404", "426", "429", "503"])
    func refusedHandshakes(status: String) throws {
        let reasons = ["handshake_status_\(status)": 3, "no_answer": 1]
        let report = try self.report(failures: BenchReport.Failures(socketsNotOpened: reasons))
        #expect(report.problems.count == 2)
        #expect(report.problems.first?.hasPrefix("3 sockets not opened: handshake_status_\(status): ") == true)
        #expect(report.problems.last == "1 sockets not opened: no_answer")
    }

    /// Nothing is said of deliveries that there were not.
    @Test func withoutSockets() throws {
        let delivered = try BenchTable(self.report()).text
        #expect(delivered.contains("result        every event delivered once"))
        let accepted = try BenchTable(self.report(["--sockets=0"], sockets: 0)).text
        #expect(accepted.contains("result        every event accepted; there was no socket"))
    }
}
