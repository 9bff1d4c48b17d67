// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// How long is measured, and how often.
struct Sampling {
    /// How many samples there are of each benchmark; at least one.
    var samples = 15
    /// How long a sample takes about, in nanoseconds.
    var sampleNanoseconds: UInt64 = 20_000_000

    /// Enough to see that it works, and to say nothing about times.
    static let quick = Sampling(samples: 3, sampleNanoseconds: 200_000)

    /// Measures benchmarks. Each sample is taken of all of them before the next one, so that what slows the machine down for
    /// a while slows down what is compared alike.
    ///
    /// - Parameter now: a clock in nanoseconds.
    /// - Throws: what `Benchmark.checkedOperation` does.
    func measure(_ benchmarks: [Benchmark], now: () -> UInt64 = ThreadClock.now) throws -> [Measurement] {
        let operations = try benchmarks.map { try $0.checkedOperation() }
        let counts = try operations.map { try self.calibratedCount(of: $0, now: now) }
        var samples = benchmarks.map { _ in [Double]() }
        for _ in 0..<self.samples {
            for (index, operation) in operations.enumerated() {
                let elapsed = try Self.time(operation, count: counts[index], now: now)
                samples[index].append(Double(elapsed) / Double(counts[index]))
            }
        }
        return benchmarks.indices.map {
            Measurement(benchmarks[$0], operations: counts[$0], nanoseconds: samples[$0])
        }
    }

    /// How many operations fill a sample.
    private func calibratedCount(of operation: Benchmark.Operation, now: () -> UInt64) throws -> Int {
        var count = 1
        while true {
            let elapsed = try Self.time(operation, count: count, now: now)
            guard elapsed < self.sampleNanoseconds, count < 1 << 30 else { return count }
            // Caches and branch predictors are cold at first: step by step.
            let estimate = Double(count) * Double(self.sampleNanoseconds) / Double(max(elapsed, 1))
            count = min(max(Int(estimate * 1.05), count + 1), count * 10)
        }
    }

    private static func time(_ operation: Benchmark.Operation, count: Int, now: () -> UInt64) throws -> UInt64 {
        let start = now()
        try operation.run(count)
        return now() - start
    }
}
