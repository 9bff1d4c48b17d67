// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Rates in text form: a whole number of requests per unit of time.
public enum RateText {
    private static let seconds: [(unit: Substring, count: Double)] = [("s", 1), ("m", 60), ("h", 3_600)]

    /// Parses `100/s`, `30/m` or `500/h` to a rate per second; nil for anything else, and for zero.
    public static func parse(_ text: String) -> Double? {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let number = Int(parts[0]), number > 0,
            let seconds = self.seconds.first(where: { $0.unit == parts[1] })?.count
        else { return nil }
        let rate = Double(number) / seconds
        return rate <= BotRule.rateLimit ? rate : nil
    }

    /// Formats a rate with the shortest time unit that keeps it a whole number.
    public static func format(_ rate: Double) -> String {
        for (unit, count) in self.seconds {
            let number = (rate * count).rounded()
            if number >= 1, abs(number - rate * count) < 1e-6 { return "\(Int(number))/\(unit)" }
        }
        return "\(max(1, Int((rate * 3_600).rounded())))/h"
    }
}
