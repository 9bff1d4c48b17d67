// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// The lexical rules of Prometheus' text format (prometheus.io, "Exposition formats").
enum PrometheusText {
    /// A label of swift-metrics as a metric name: what is not allowed becomes an underscore.
    static func metricName(_ label: String) -> String {
        let name = String(
            String.UnicodeScalarView(
                label.unicodeScalars.map { scalar in
                    switch scalar {
                    case "a"..."z", "A"..."Z", "0"..."9", "_", ":": scalar
                    default: "_"
                    }
                }
            )
        )
        guard let first = name.unicodeScalars.first, !("0"..."9").contains(first) else { return "_" + name }
        return name
    }

    /// Dimensions as `{name="value",…}`, ordered by name; empty where there are none.
    static func labels(_ dimensions: [(String, String)]) -> String {
        guard !dimensions.isEmpty else { return "" }
        let pairs = dimensions.sorted { $0.0 < $1.0 }.map { name, value in
            "\(self.metricName(name))=\"\(self.escape(value))\""
        }
        return "{\(pairs.joined(separator: ","))}"
    }

    /// Rendered labels with one more behind them, whose value needs no escaping.
    static func labels(_ labels: String, adding name: StaticString, _ value: String) -> String {
        labels.isEmpty ? "{\(name)=\"\(value)\"}" : "\(labels.dropLast()),\(name)=\"\(value)\"}"
    }

    /// Nanoseconds as seconds, exactly and without an exponent: a bound must be the same text on every node.
    static func seconds(_ nanoseconds: Int64) -> String {
        let (whole, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        guard rest != 0 else { return String(whole) }
        let digits = String(1_000_000_000 + rest).dropFirst()
        let significant = digits.lastIndex { $0 != "0" }.map { digits[...$0] } ?? digits
        return "\(whole).\(significant)"
    }

    /// A number as Prometheus reads it.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if let whole = Int64(exactly: value) { return String(whole) }
        return String(value)
    }

    private static func escape(_ value: String) -> String {
        var escaped = ""
        for character in value.unicodeScalars {
            switch character {
            case "\\": escaped += "\\\\"
            case "\"": escaped += "\\\""
            case "\n": escaped += "\\n"
            default: escaped.unicodeScalars.append(character)
            }
        }
        return escaped
    }
}
