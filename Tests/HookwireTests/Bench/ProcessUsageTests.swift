// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

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
}
