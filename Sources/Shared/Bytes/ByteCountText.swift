// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Sizes in text form: a whole number of bytes, or with a binary unit.
public enum ByteCountText {
    private static let units: [(suffix: String, bytes: Int)] = [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)]

    /// Reads `65536`, `64KiB`, `1MiB`, `2GiB`; nil for anything else.
    public static func parse(_ text: String) -> Int? {
        for unit in self.units where text.hasSuffix(unit.suffix) {
            guard let number = Int(text.dropLast(unit.suffix.count)), number >= 0 else { return nil }
            let (bytes, overflow) = number.multipliedReportingOverflow(by: unit.bytes)
            return overflow ? nil : bytes
        }
        return Int(text).flatMap { $0 >= 0 ? $0 : nil }
    }

    /// Formats a size in the largest unit that keeps it a whole number.
    public static func format(_ bytes: Int) -> String {
        for unit in self.units.reversed() where bytes > 0 && bytes.isMultiple(of: unit.bytes) {
            return "\(bytes / unit.bytes)\(unit.suffix)"
        }
        return "\(bytes)"
    }
}
