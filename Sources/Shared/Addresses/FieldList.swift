// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Lists in header fields, separated by commas or semicolons, with optional quoting (RFC 9110, sections 5.6.1 and
/// 5.6.4), read from the end.
enum FieldList {
    /// Takes the last element that is not empty, without white space around it; nil where there is none left.
    ///
    /// What precedes it may be malformed: an unclosed quotation ends where another begins.
    static func takeLast(from rest: inout Substring, separator: Character = ",") -> Substring? {
        while !rest.isEmpty {
            let element: Substring
            if let comma = self.lastSeparator(in: rest.utf8, UInt8(separator.asciiValue ?? 0)) {
                element = rest[rest.utf8.index(after: comma)...]
                rest = rest[..<comma]
            } else {
                element = rest
                rest = rest[rest.startIndex..<rest.startIndex]
            }
            let trimmed = self.trimmed(element)
            if !trimmed.isEmpty { return trimmed }
        }
        return nil
    }

    private static func lastSeparator(in text: Substring.UTF8View, _ separator: UInt8) -> Substring.Index? {
        var isQuoted = false
        var index = text.endIndex
        while index > text.startIndex {
            index = text.index(before: index)
            if text[index] == UInt8(ascii: "\"") {
                // After an odd number of backslashes the quote is escaped.
                let backslashes = text[..<index].reversed().prefix { $0 == UInt8(ascii: "\\") }.count
                if !isQuoted || backslashes.isMultiple(of: 2) { isQuoted.toggle() }
            } else if text[index] == separator, !isQuoted {
                return index
            }
        }
        return nil
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while let first = text.utf8.first, first == 0x20 || first == 0x09 { text = Substring(text.utf8.dropFirst()) }
        while let last = text.utf8.last, last == 0x20 || last == 0x09 { text = Substring(text.utf8.dropLast()) }
        return text
    }
}
