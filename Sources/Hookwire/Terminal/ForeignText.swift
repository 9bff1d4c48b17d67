// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// Untrusted text, made safe for a terminal: what moves the cursor, changes colours or turns the
/// direction of writing is replaced.
enum ForeignText {
    /// One line of it.
    ///
    /// - Parameter limit: how many columns it has at most, an ellipsis included.
    static func line(_ text: String, limit: Int = .max) -> String {
        var line = String.UnicodeScalarView()
        var columns = 0
        for scalar in text.unicodeScalars {
            let shown = self.isHarmless(scalar) ? scalar : self.replacement(of: scalar)
            let width = self.columns(of: shown)
            guard columns + width <= limit else {
                // Room for the ellipsis.
                while columns > max(limit - 1, 0), let last = line.popLast() { columns -= self.columns(of: last) }
                return limit > 0 ? String(line) + "…" : ""
            }
            columns += width
            line.append(shown)
        }
        return String(line)
    }

    private static func replacement(of scalar: Unicode.Scalar) -> Unicode.Scalar {
        scalar == "\n" || scalar == "\t" || scalar == "\u{2028}" ? " " : "\u{FFFD}"
    }

    /// How many columns a terminal needs for a text without control characters.
    static func columns(of text: String) -> Int {
        text.unicodeScalars.reduce(0) { $0 + self.columns(of: $1) }
    }

    /// Two for what East Asian typography sets wide (Unicode Standard Annex 11), none for what sits on the one before.
    private static func columns(of scalar: Unicode.Scalar) -> Int {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default: break
        }
        switch scalar.value {
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
            0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F680...0x1F6FF, 0x1F900...0x1FAFF,
            0x20000...0x3FFFD:
            return 2
        default:
            return 1
        }
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
