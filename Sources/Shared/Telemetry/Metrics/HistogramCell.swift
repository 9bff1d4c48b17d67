// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import CoreMetrics
internal import Synchronization

/// The distribution of durations in fixed buckets. May be changed from any thread: a record is two atomic additions, with
/// no lock and no allocation.
final class HistogramCell: MetricCell {
    /// The upper bounds of the buckets, in nanoseconds: from what a signature costs to what nobody waits for. All
    /// histograms have the same, so that they can be laid one over the other.
    private static let bounds: InlineArray<20, Int64> = [
        10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000, 25_000_000,
        50_000_000, 100_000_000, 250_000_000, 500_000_000, 1_000_000_000, 2_500_000_000, 5_000_000_000,
        10_000_000_000, 30_000_000_000,
    ]

    /// How many were recorded in each bucket, not added up; the last is of those beyond all bounds.
    private let counts = InlineArray<21, Atomic<Int64>> { _ in Atomic(0) }
    /// All durations together, in nanoseconds.
    private let sum = Atomic<Int64>(0)

    /// Records a duration, in nanoseconds. A clock that was set back counts as no time at all.
    func record(nanoseconds: Int64) {
        let nanoseconds = max(0, nanoseconds)
        var bucket = 0
        while bucket < Self.bounds.count, nanoseconds > Self.bounds[bucket] { bucket += 1 }
        self.counts[bucket].wrappingAdd(1, ordering: .relaxed)
        self.sum.wrappingAdd(nanoseconds, ordering: .relaxed)
    }

    func write(name: String, labels: String, to text: inout String) {
        var count: Int64 = 0
        for bucket in 0..<self.counts.count {
            count += self.counts[bucket].load(ordering: .relaxed)
            let bound = bucket < Self.bounds.count ? PrometheusText.seconds(Self.bounds[bucket]) : "+Inf"
            text += "\(name)_bucket\(PrometheusText.labels(labels, adding: "le", bound)) \(count)\n"
        }
        text += "\(name)_sum\(labels) \(PrometheusText.seconds(self.sum.load(ordering: .relaxed)))\n"
        // Of the very numbers above: what is recorded meanwhile must not make the count another one.
        text += "\(name)_count\(labels) \(count)\n"
    }
}

extension HistogramCell: TimerHandler {
    func recordNanoseconds(_ duration: Int64) {
        self.record(nanoseconds: duration)
    }
}
