// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// Text that anybody may have sent, made harmless for a terminal: what moves the cursor, changes colours or turns the
/// direction of writing is replaced.
enum ForeignText {
    /// One line of it.
    ///
    /// - Parameter limit: how many characters there are at most, an ellipsis included.
    static func line(_ text: String, limit: Int = .max) -> String {
        var line = ""
        var count = 0
        for scalar in text.unicodeScalars {
            count += 1
            guard count <= limit else { return String(line.unicodeScalars.dropLast()) + "…" }
            if self.isHarmless(scalar) {
                line.unicodeScalars.append(scalar)
            } else {
                line.append(scalar == "\n" || scalar == "\t" || scalar == "\u{2028}" ? " " : "\u{FFFD}")
            }
        }
        return line
    }

    /// A JSON text on one line, with everything else escaped that does more than being seen. It means the same.
    static func json(_ bytes: some Sequence<UInt8>) -> String {
        var text = ""
        for scalar in String(decoding: Array(bytes), as: UTF8.self).unicodeScalars {
            if scalar.value < 0x20 {
                // White space between tokens: inside a string JSON allows none of these.
                text.append(" ")
            } else if self.isHarmless(scalar) {
                text.unicodeScalars.append(scalar)
            } else {
                for unit in String(scalar).utf16 {
                    let digits = String(unit, radix: 16)
                    text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                }
            }
        }
        return text
    }

    private static func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse: false
        // Emoji are joined by some of these; the others turn the direction of writing or cannot be seen.
        case .format: scalar.value == 0x200D || scalar.value == 0x200C
        default: true
        }
    }
}
