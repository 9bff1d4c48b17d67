// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// How far two names are from each other: insertions, deletions and replacements (Levenshtein).
enum EditDistance {
    static func between(_ first: String, _ second: String) -> Int {
        let (first, second) = (Array(first.utf8), Array(second.utf8))
        var row = Array(0...second.count)
        for (index, byte) in first.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for (column, other) in second.enumerated() {
                let replaced = diagonal + (byte == other ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(replaced, diagonal + 1, row[column] + 1)
            }
        }
        return row[second.count]
    }

    /// The name that is nearest to what was typed, the first in order where several are; nil where none is within so many
    /// edits.
    static func nearest(to name: String, among known: some Sequence<String>, within limit: Int) -> String? {
        let nearest = known.map { (Self.between($0, name), $0) }.min { $0 < $1 }
        guard let nearest, nearest.0 <= limit else { return nil }
        return nearest.1
    }
}
