// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import micro_benchmarks

@Suite struct SamplingTests {
    /// A clock that only operations move.
    private final class Clock {
        var now: UInt64 = 1_000
    }

    private let clock = Clock()

    private func benchmark(_ name: String, against: String? = nil, nanoseconds: UInt64) -> Benchmark {
        Benchmark(name, against: against, expecting: 7) { [clock] in
            {
                clock.now += nanoseconds
                return 7
            }
        }
    }

    /// What is told is the time of one operation, and samples are as long as was asked for.
    @Test func measures() throws {
        let sampling = Sampling(samples: 4, sampleNanoseconds: 1_000_000)
        let measured = try sampling.measure([self.benchmark("a", nanoseconds: 250)], now: { self.clock.now })
        let figures = try #require(measured.first)
        #expect([figures.median, figures.min, figures.max] == [250, 250, 250])
        #expect(figures.samples == 4)
        #expect((4_000...8_000).contains(figures.operations))
    }

    /// A ratio is that of two medians, and only there where both were measured.
    @Test func compares() throws {
        let pair = [
            self.benchmark("slow", against: "fast", nanoseconds: 300), self.benchmark("fast", nanoseconds: 100),
        ]
        let measured = try Sampling.quick.measure(pair, now: { self.clock.now })
        #expect(measured.map { $0.compared(with: measured).ratio } == [3, nil])
        #expect(measured[0].compared(with: [measured[0]]).ratio == nil)
    }

    /// The median of an even number of samples is between the middle ones, whatever their order.
    @Test func median() {
        let benchmark = self.benchmark("a", nanoseconds: 1)
        #expect(Measurement(benchmark, operations: 1, nanoseconds: [9, 1, 4, 2]).median == 3)
        #expect(Measurement(benchmark, operations: 1, nanoseconds: [9, 1, 4]).median == 4)
    }

    /// A benchmark that computes nonsense is an error, and is not measured.
    @Test func nonsense() {
        var runs = 0
        let wrong = Benchmark("wrong", expecting: 7) {
            {
                runs += 1
                return 8
            }
        }
        #expect(throws: BenchmarkError.wrongResult("wrong")) { try Sampling.quick.measure([wrong]) }
        #expect(runs == 1)
    }
}
