// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Percent-encoding of URIs (RFC 3986, section 2.1).
public enum PercentEncoding {
    /// Decodes `text`; nil where a `%` is not followed by two hexadecimal digits or the result is not UTF-8.
    ///
    /// - Parameter plusIsSpace: whether `+` stands for a space, as in queries that forms and most clients make.
    public static func decode(_ text: Substring, plusIsSpace: Bool = false) -> String? {
        let encoded = text.utf8
        guard encoded.contains(where: { $0 == 0x25 || ($0 == 0x2B && plusIsSpace) }) else { return String(text) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(encoded.count)
        var index = encoded.startIndex
        while index < encoded.endIndex {
            let byte = encoded[index]
            encoded.formIndex(after: &index)
            if byte == 0x2B, plusIsSpace {
                bytes.append(0x20)
            } else if byte == 0x25 {
                guard let high = self.digit(in: encoded, at: &index), let low = self.digit(in: encoded, at: &index)
                else { return nil }
                bytes.append(high << 4 | low)
            } else {
                bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }

    /// Encodes `text` so that it can stand as a value in a query and as a segment of a path.
    public static func encode(_ text: String) -> String {
        var encoded = ""
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E:
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                encoded += digits.utf8.count == 1 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return encoded
    }

    private static func digit(in text: Substring.UTF8View, at index: inout Substring.Index) -> UInt8? {
        guard index < text.endIndex else { return nil }
        let byte = text[index]
        text.formIndex(after: &index)
        switch byte {
        case 0x30...0x39: return byte - 0x30
        case 0x41...0x46: return byte - 0x41 + 10
        case 0x61...0x66: return byte - 0x61 + 10
        default: return nil
        }
    }
}
