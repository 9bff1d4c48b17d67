// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import ArgumentParser

/// Times single pieces of an event's way, beside what other libraries take for the same.
@main
struct MicroBenchmarks: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "micro-benchmarks",
        abstract: "Times single pieces of an event's way.",
        discussion: """
            Every benchmark checks its result once, then runs as often as fills a sample, several samples long. What is \
            shown is the time of the thread: other processes do not count, though they still take caches away. A ratio \
            is that of two medians of the same run. Times judge nothing: the exit code is 1 only where a benchmark gives \
            a wrong result.
            """
    )

    @Option(help: "Only those whose name has this in it, and what they are held against.")
    var filter: String?

    @Flag(help: "Only show that every benchmark works: the times mean little.")
    var quick = false

    @Flag(help: "Print JSON.")
    var json = false

    @Flag(help: "Print the names, and measure nothing.")
    var list = false

    static var all: [Benchmark] {
        SignatureVerification.benchmarks + RedisProtocol.benchmarks + HubFanOut.benchmarks + FrameEncoding.benchmarks
            + HTTPParsing.benchmarks
    }

    func run() throws {
        let chosen = try self.chosen(of: Self.all)
        if self.list {
            for benchmark in chosen { print(benchmark.name) }
            return
        }
        let measured = try (self.quick ? Sampling.quick : Sampling()).measure(chosen)
        let measurements = measured.map { $0.compared(with: measured) }
        print(self.json ? try MeasurementTable.json(measurements) : MeasurementTable.text(measurements))
    }

    /// Those that the filter is for.
    func chosen(of benchmarks: [Benchmark]) throws -> [Benchmark] {
        guard let filter else { return benchmarks }
        let wanted = benchmarks.filter { $0.name.contains(filter) }
        guard !wanted.isEmpty else {
            throw ValidationError("No benchmark has \"\(filter)\" in its name; --list names all of them.")
        }
        let names = Set(wanted.map(\.name) + wanted.compactMap(\.against))
        return benchmarks.filter { names.contains($0.name) }
    }
}
