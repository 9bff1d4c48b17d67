// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// The title of a web page.
enum HTMLTitle {
    /// What stands in the first `title`; empty where there is none.
    static func find(_ body: [UInt8]) -> String {
        let page = String(decoding: body, as: UTF8.self)
        let lower = page.lowercased()
        // Lower-casing may change lengths; then the offsets are invalid.
        guard lower.unicodeScalars.count == page.unicodeScalars.count,
            let start = lower.firstRange(of: "<title>"), let end = lower.firstRange(of: "</title>"),
            start.upperBound <= end.lowerBound
        else { return "" }
        let scalars = page.unicodeScalars
        let skipped = lower.unicodeScalars.distance(from: lower.startIndex, to: start.upperBound)
        let length = lower.unicodeScalars.distance(from: start.upperBound, to: end.lowerBound)
        return String(String.UnicodeScalarView(scalars.dropFirst(skipped).prefix(length)))
    }
}
