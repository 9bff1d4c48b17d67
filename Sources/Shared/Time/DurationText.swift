// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore

/// Durations in text form: a whole number and a unit.
public enum DurationText {
    private static let units: [(suffix: String, nanoseconds: Int64)] = [
        ("ms", 1_000_000), ("s", 1_000_000_000), ("m", 60_000_000_000), ("h", 3_600_000_000_000),
        ("d", 86_400_000_000_000),
    ]

    /// Reads `500ms`, `25s`, `5m`, `1h`, `2d`; nil for anything else.
    public static func parse(_ text: String) -> TimeAmount? {
        for unit in self.units where text.hasSuffix(unit.suffix) {
            guard let number = Int64(text.dropLast(unit.suffix.count)), number >= 0 else { continue }
            let (nanoseconds, overflow) = number.multipliedReportingOverflow(by: unit.nanoseconds)
            return overflow ? nil : .nanoseconds(nanoseconds)
        }
        return text == "0" ? .zero : nil
    }

    /// Formats a duration in the largest unit that keeps it a whole number.
    public static func format(_ time: TimeAmount) -> String {
        if time == .zero { return "0" }
        for unit in self.units.reversed() where time.nanoseconds.isMultiple(of: unit.nanoseconds) {
            return "\(time.nanoseconds / unit.nanoseconds)\(unit.suffix)"
        }
        return "\(time.nanoseconds)ns"
    }
}
