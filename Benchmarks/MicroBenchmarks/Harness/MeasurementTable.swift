// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import FoundationEssentials

/// Measurements as text.
enum MeasurementTable {
    /// Lines of columns: a name, nanoseconds, and the ratio to what the benchmark is held against.
    static func text(_ measurements: [Measurement]) -> String {
        let width = (measurements.map(\.name.count) + [4]).max() ?? 4
        let head = Self.line("ns per operation", width, ["median", "min", "max"], "ratio")
        let rows = measurements.map { measurement in
            Self.line(
                measurement.name,
                width,
                [measurement.median, measurement.min, measurement.max].map(Self.figure),
                measurement.ratio.map { "\(Self.decimal($0, places: 2)) of \(measurement.against ?? "")" } ?? ""
            )
        }
        return ([head] + rows).joined(separator: "\n")
    }

    /// The same for programs: an array of objects.
    static func json(_ measurements: [Measurement]) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(measurements), as: UTF8.self)
    }

    private static func line(_ name: String, _ width: Int, _ figures: [String], _ ratio: String) -> String {
        let columns = figures.map { Self.padded($0, to: 10, left: true) }
        let line = "\(Self.padded(name, to: width, left: false)) \(columns.joined(separator: " "))  \(ratio)"
        return String(line.reversed().drop { $0 == " " }.reversed())
    }

    private static func padded(_ text: String, to width: Int, left: Bool) -> String {
        let spaces = String(repeating: " ", count: Swift.max(width - text.count, 0))
        return left ? spaces + text : text + spaces
    }

    /// With one decimal where the whole number would have two digits.
    private static func figure(_ nanoseconds: Double) -> String {
        Self.decimal(nanoseconds, places: nanoseconds < 100 ? 1 : 0)
    }

    private static func decimal(_ number: Double, places: Int) -> String {
        let scale = places == 0 ? 1.0 : places == 1 ? 10 : 100
        let units = Int((number * scale).rounded())
        guard places > 0 else { return String(units) }
        let fraction = String(units % Int(scale))
        return "\(units / Int(scale)).\(String(repeating: "0", count: places - fraction.count))\(fraction)"
    }
}
