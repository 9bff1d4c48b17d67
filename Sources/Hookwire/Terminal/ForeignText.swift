// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Text that others wrote, on its way to a terminal.
enum ForeignText {
    /// The text without what a terminal would obey: control characters, and those that turn the direction of what
    /// stands beside them, become U+FFFD. Line feeds and tabs stay where lines are wanted.
    static func harmless(_ text: some StringProtocol, keepsLines: Bool = false) -> String {
        var harmless = ""
        for scalar in text.unicodeScalars {
            let isKept = keepsLines && (scalar == "\n" || scalar == "\t")
            harmless.unicodeScalars.append(isKept || !self.isObeyed(scalar) ? scalar : "\u{FFFD}")
        }
        return harmless
    }

    /// The beginning of a text on one line.
    ///
    /// - Parameter limit: in characters.
    static func excerpt(_ text: some StringProtocol, limit: Int = 200) -> String {
        let words = text.prefix(limit * 4).split { $0 == " " || $0.isNewline || $0 == "\t" }.joined(separator: " ")
        return self.harmless(words.count > limit ? words.prefix(limit) + "…" : words[...])
    }

    private static func isObeyed(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x00...0x1F, 0x7F...0x9F, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: true
        default: false
        }
    }
}
