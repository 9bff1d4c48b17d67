// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import CoreMetrics
internal import Synchronization

/// The distribution of durations in fixed buckets. May be changed from any thread: a record is two atomic additions, with
/// no lock and no allocation.
final class HistogramCell: MetricCell {
    /// The upper bounds of the buckets, in nanoseconds: from the cost of a signature to more than any client waits. The
    /// same for all histograms, so that they can be compared.
    private static let bounds: InlineArray<20, Int64> = [
        10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000, 25_000_000,
        50_000_000, 100_000_000, 250_000_000, 500_000_000, 1_000_000_000, 2_500_000_000, 5_000_000_000,
        10_000_000_000, 30_000_000_000,
    ]

    /// The count per bucket, not cumulative; the last is for values beyond all bounds.
    private let counts = InlineArray<21, Atomic<Int64>> { _ in Atomic(0) }
    /// All durations together, in nanoseconds.
    private let sum = Atomic<Int64>(0)

    /// Records a duration, in nanoseconds. A negative duration, from a clock that was set back, counts as zero.
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
        // From the bucket counts read above: concurrent records must not make the count inconsistent.
        text += "\(name)_count\(labels) \(count)\n"
    }
}

extension HistogramCell: TimerHandler {
    func recordNanoseconds(_ duration: Int64) {
        self.record(nanoseconds: duration)
    }
}
