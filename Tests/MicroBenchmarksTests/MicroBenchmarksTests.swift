// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Testing

@testable import micro_benchmarks

@Suite struct MicroBenchmarksTests {
    /// Names are unique, and what a benchmark is held against exists.
    @Test func names() {
        let names = MicroBenchmarks.all.map(\.name)
        #expect(Set(names).count == names.count)
        for benchmark in MicroBenchmarks.all {
            if let other = benchmark.against { #expect(names.contains(other), "\(benchmark.name)") }
        }
    }

    /// A filter chooses by part of a name, and takes along what those are held against.
    @Test func filter() throws {
        let command = try MicroBenchmarks.parse(["--filter", "plain"])
        let chosen = try command.chosen(of: MicroBenchmarks.all)
        #expect(chosen.map(\.name) == ["http/plain-reader", "http/nio-decoder"])
    }

    /// A filter that is for nothing is a mistake.
    @Test func filterWithoutEffect() throws {
        let command = try MicroBenchmarks.parse(["--filter", "no such"])
        #expect(throws: ValidationError.self) { try command.chosen(of: MicroBenchmarks.all) }
    }
}
