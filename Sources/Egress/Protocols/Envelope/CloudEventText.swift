// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// Text as CloudEvents 1.0 allows in attributes (section "Type System", String): without control characters and
/// noncharacters. Some SDKs reject an event that has them.
///
/// Chat messages contain line breaks. These become U+2028, the line separator, which programs that split lines
/// understand; a tab becomes a space, and anything else U+FFFD. The exact text is then in another attribute.
struct CloudEventText: Equatable {
    /// The text allowed in an attribute.
    let value: String
    /// Whether it equals the original text.
    let isExact: Bool

    init(_ text: String) {
        // Most texts are plain ASCII, and those are not copied.
        guard !text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) else {
            self.value = text
            self.isExact = true
            return
        }
        guard text.unicodeScalars.contains(where: { !$0.isAllowedInCloudEvents }) else {
            self.value = text
            self.isExact = true
            return
        }
        var scalars = String.UnicodeScalarView()
        var isBehindReturn = false
        for scalar in text.unicodeScalars {
            defer { isBehindReturn = scalar == "\r" }
            switch scalar {
            case "\n" where isBehindReturn: break
            case "\n", "\r", "\u{0B}", "\u{0C}", "\u{85}": scalars.append("\u{2028}")
            case "\t": scalars.append(" ")
            case _ where scalar.isAllowedInCloudEvents: scalars.append(scalar)
            default: scalars.append("\u{FFFD}")
            }
        }
        self.value = String(scalars)
        self.isExact = false
    }
}

extension Unicode.Scalar {
    /// CloudEvents 1.0, section "Type System".
    var isAllowedInCloudEvents: Bool {
        switch self.value {
        case 0..<0x20, 0x7F...0x9F, 0xFDD0...0xFDEF: false
        default: self.value & 0xFFFE != 0xFFFE
        }
    }
}

/// JSON as text in an attribute: characters that an attribute must not have are escaped, so that the text is exact.
enum CloudEventJSON {
    /// Appends a string in quotes.
    static func append(_ text: String, to output: inout [UInt8]) {
        let isPlain = text.utf8.allSatisfy {
            $0 >= 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
        }
        output.append(UInt8(ascii: "\""))
        if isPlain {
            output.append(contentsOf: text.utf8)
        } else {
            for scalar in text.unicodeScalars { self.append(scalar, to: &output) }
        }
        output.append(UInt8(ascii: "\""))
    }

    private static func append(_ scalar: Unicode.Scalar, to output: inout [UInt8]) {
        switch scalar {
        case "\"", "\\":
            output.append(UInt8(ascii: "\\"))
            output.append(UInt8(truncatingIfNeeded: scalar.value))
        case "\n":
            output.append(contentsOf: #"\n"#.utf8)
        case _ where scalar.isAllowedInCloudEvents:
            output.append(contentsOf: scalar.utf8)
        default:
            for unit in String(scalar).utf16 {
                output.append(contentsOf: #"\u"#.utf8)
                Hex.append([UInt8(truncatingIfNeeded: unit >> 8), UInt8(truncatingIfNeeded: unit)], to: &output)
            }
        }
    }
}
