// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// A latency's distribution in milliseconds.
struct LatencyFigures: Encodable, Sendable {
    let count: Int
    let p50: Double
    let p90: Double
    let p99: Double
    let p999: Double
    let max: Double

    /// - Returns: nil where nothing was recorded.
    init?(_ histogram: LatencyHistogram) {
        guard histogram.count > 0 else { return nil }
        self.count = histogram.count
        self.p50 = histogram.milliseconds(percentile: 50)
        self.p90 = histogram.milliseconds(percentile: 90)
        self.p99 = histogram.milliseconds(percentile: 99)
        self.p999 = histogram.milliseconds(percentile: 99.9)
        self.max = histogram.milliseconds(percentile: 100)
    }
}
