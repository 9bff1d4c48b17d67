// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// The Levenshtein distance of two names, in bytes inserted, deleted or replaced.
public enum EditDistance {
    /// Only this many bytes of a name are compared: it is untrusted input, and may be long.
    private static let limit = 64

    /// The distance of two names.
    public static func between(_ first: String, _ second: String) -> Int {
        let (first, second) = (Array(first.utf8.prefix(self.limit)), Array(second.utf8.prefix(self.limit)))
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

    /// The name nearest to what was typed, the first of several; nil if none is within `limit` edits.
    public static func nearest(to name: String, among known: some Sequence<String>, within limit: Int) -> String? {
        let nearest = known.map { (Self.between($0, name), $0) }.min { $0 < $1 }
        guard let nearest, nearest.0 <= limit else { return nil }
        return nearest.1
    }
}
