// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// What one operation takes, in nanoseconds.
struct Measurement: Encodable, Equatable {
    let name: String
    /// What it is held against.
    let against: String?
    /// How many times the median of `against` in the same run its own is; nil where that was not measured.
    private(set) var ratio: Double?
    let median: Double
    let min: Double
    let max: Double
    let samples: Int
    /// How many operations a sample has.
    let operations: Int

    /// - Parameter nanoseconds: of each sample, what one operation took; at least one.
    init(_ benchmark: Benchmark, operations: Int, nanoseconds: [Double]) {
        precondition(!nanoseconds.isEmpty, "there is something to tell")
        let sorted = nanoseconds.sorted()
        let middle = sorted.count / 2
        self.name = benchmark.name
        self.against = benchmark.against
        self.median = sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
        self.min = sorted[0]
        self.max = sorted[sorted.count - 1]
        self.samples = sorted.count
        self.operations = operations
    }

    /// The same with its ratio, if what it is held against is among these.
    func compared(with others: [Measurement]) -> Measurement {
        var result = self
        result.ratio = others.first { $0.name == self.against }.map { self.median / $0.median }
        return result
    }
}
