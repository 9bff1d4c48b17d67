// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

@testable import Hookwire

@Suite struct ProcessUsageTests {
    private static let status = "Name:\tnginx\nVmPeak:\t  200 kB\nVmRSS:\t   12345 kB\nThreads:\t1\n"

    private func usage(name: String, status: String = Self.status) -> ProcessUsage? {
        ProcessUsage(
            stat: "42 (\(name)) S 1 42 42 0 -1 4194560 100 0 0 0 150 250 9 9 20 0 1 0 99 1000 300",
            status: status,
            ticksPerSecond: 100
        )
    }

    /// A program's name may hold spaces and parentheses, and moves no field.
    @Test(arguments: ["nginx", "nginx: worker (1)", ") S 1 2 (", ""])
    func readsProc(name: String) {
        #expect(self.usage(name: name) == ProcessUsage(user: 1.5, system: 2.5, residentBytes: 12_345 << 10))
    }

    /// A process that has just ended has no memory, and is no figure.
    @Test func refusesTheDead() {
        #expect(self.usage(name: "nginx", status: "Name:\tnginx\n") == nil)
        #expect(ProcessUsage(stat: "", status: Self.status, ticksPerSecond: 100) == nil)
        #expect(ProcessUsage(stat: "42 (nginx) Z", status: Self.status, ticksPerSecond: 100) == nil)
    }

    /// A process that does not run is named in the error.
    @Test func namesWhatDoesNotRun() throws {
        let process = try NamedProcess("ghost=\(Int32.max)")
        let error = #expect(throws: BenchError.self) { try process.usage() }
        #expect(error?.message.contains("ghost") == true)
    }

    /// CPU time is not told in ticks, so that short runs have figures.
    @Test func isFinerThanTicks() throws {
        let process = try NamedProcess("\(getpid())")
        let before = try process.usage()
        let usage = try process.usage()
        #expect(usage.total > before.total)
        let ticks = usage.total * Double(sysconf(Int32(_SC_CLK_TCK)))
        #expect(abs(ticks - ticks.rounded()) > 1e-6)
    }

    /// The ticks divide the total; where none went by, it is not known what it was spent on.
    @Test(
        arguments: [
            (0.03, 0.01, 0.05, 0.0375, 0.0125), (0, 0, 0.004, nil, nil), (0, 0, 0, 0, 0), (0.02, 0, 0.01, 0.01, 0),
        ] as [(Double, Double, Double, Double?, Double?)]
    )
    func divides(userTicks: Double, systemTicks: Double, total: Double, user: Double?, system: Double?) throws {
        let before = ProcessUsage(user: 0, system: 0, residentBytes: 0)
        var after = ProcessUsage(user: userTicks, system: systemTicks, residentBytes: 0)
        after.total = total
        let figures = ProcessFigures(
            name: "server",
            pid: 1,
            before: before,
            after: after,
            window: ProcessFigures.Window(seconds: 1, events: 1, deliveries: 1)
        )
        #expect(figures.cores == total)
        #expect(figures.microsecondsPerDelivery == total * 1e6)
        for (found, expected) in [(figures.userSeconds, user), (figures.systemSeconds, system)] {
            #expect((found == nil) == (expected == nil))
            #expect(abs((found ?? 0) - (expected ?? 0)) < 1e-9)
        }
    }
}
