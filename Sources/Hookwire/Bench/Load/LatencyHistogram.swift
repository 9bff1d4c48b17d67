// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Histogram
internal import NIOCore

/// Latencies, with three digits of precision up to a minute; what is longer counts as a minute.
struct LatencyHistogram: Sendable {
    private static let longest: UInt64 = 60_000_000_000

    private var histogram = Histogram<UInt64>(highestTrackableValue: Self.longest)

    var count: Int { Int(self.histogram.totalCount) }

    mutating func record(_ time: TimeAmount) {
        self.histogram.record(min(UInt64(max(0, time.nanoseconds)), Self.longest))
    }

    mutating func add(_ other: LatencyHistogram) {
        self.histogram.add(other.histogram)
    }

    /// The latency at a percentile, in milliseconds.
    func milliseconds(percentile: Double) -> Double {
        Double(self.histogram.valueAtPercentile(percentile)) / 1e6
    }
}
