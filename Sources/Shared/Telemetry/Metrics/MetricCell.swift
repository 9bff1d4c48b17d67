// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// One time series, or the several that make a histogram.
protocol MetricCell: Sendable {
    /// Appends the cell's line or lines.
    ///
    /// - Parameter labels: rendered already, with their braces; empty for none.
    func write(name: String, labels: String, to text: inout String)
}
