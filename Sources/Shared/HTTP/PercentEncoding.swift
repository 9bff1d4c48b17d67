// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Percent-encoding of URIs (RFC 3986, section 2.1).
public enum PercentEncoding {
    /// Decodes `text`; nil where a `%` is not followed by two hexadecimal digits or the result is not UTF-8.
    ///
    /// - Parameter plusIsSpace: whether `+` stands for a space, as in queries that forms and most clients make.
    public static func decode(_ text: Substring, plusIsSpace: Bool = false) -> String? {
        var text = text
        return text.withUTF8 { self.decode($0, plusIsSpace: plusIsSpace) }
    }

    /// Decodes bytes of a request's target, as `decode` does text.
    static func decode(_ encoded: UnsafeBufferPointer<UInt8>, plusIsSpace: Bool) -> String? {
        guard !self.isPlain(encoded, plusIsSpace: plusIsSpace) else {
            // Validating costs more than an ASCII check, which nearly always suffices.
            let isASCII = encoded.reduce(0, |) < 0x80
            return isASCII ? String(decoding: encoded, as: UTF8.self) : String(validating: encoded, as: UTF8.self)
        }
        let (bytes, isWellFormed) = self.unescaped(encoded, plusIsSpace: plusIsSpace)
        return isWellFormed ? String(validating: bytes, as: UTF8.self) : nil
    }

    /// Decodes escapes and leaves everything else, `+` included, as it is.
    static func decodeLeniently(_ encoded: [UInt8]) -> [UInt8] {
        encoded.withUnsafeBufferPointer { self.unescaped($0, plusIsSpace: false).bytes }
    }

    /// The decoded bytes; a `%` not followed by two digits is kept, and reported as not well-formed.
    private static func unescaped(
        _ encoded: UnsafeBufferPointer<UInt8>,
        plusIsSpace: Bool
    ) -> (bytes: [UInt8], isWellFormed: Bool) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(encoded.count)
        var isWellFormed = true
        var index = 0
        while index < encoded.count {
            let byte = encoded[index]
            index += 1
            if byte == UInt8(ascii: "+"), plusIsSpace {
                bytes.append(UInt8(ascii: " "))
            } else if byte != UInt8(ascii: "%") {
                bytes.append(byte)
            } else if index + 1 < encoded.count, let high = self.value(encoded[index]),
                let low = self.value(encoded[index + 1])
            {
                bytes.append(high << 4 | low)
                index += 2
            } else {
                bytes.append(byte)
                isWellFormed = false
            }
        }
        return (bytes, isWellFormed)
    }

    /// Whether the bytes need no decoding.
    static func isPlain(_ encoded: UnsafeBufferPointer<UInt8>, plusIsSpace: Bool) -> Bool {
        !encoded.contains { $0 == UInt8(ascii: "%") || ($0 == UInt8(ascii: "+") && plusIsSpace) }
    }

    /// Encodes `text` for use as a query value or a path segment.
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

    /// Encodes what is not allowed in a path or a query (RFC 3986, sections 3.3 and 3.4), and leaves existing escapes.
    public static func encodeForbidden(_ target: String) -> String {
        var target = target
        return target.withUTF8 { bytes in
            guard !bytes.indices.allSatisfy({ self.isAllowed(at: $0, of: bytes) }) else {
                return String(decoding: bytes, as: UTF8.self)
            }
            var encoded: [UInt8] = []
            encoded.reserveCapacity(bytes.count + 16)
            for index in bytes.indices {
                if self.isAllowed(at: index, of: bytes) {
                    encoded.append(bytes[index])
                } else {
                    encoded += [UInt8(ascii: "%"), self.digit(bytes[index] >> 4), self.digit(bytes[index] & 15)]
                }
            }
            return String(decoding: encoded, as: UTF8.self)
        }
    }

    private static func isAllowed(at index: Int, of bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard bytes[index] == UInt8(ascii: "%") else { return ASCIISet.isTarget(bytes[index]) }
        return index + 2 < bytes.count && self.value(bytes[index + 1]) != nil && self.value(bytes[index + 2]) != nil
    }

    /// The hexadecimal digit of a value below 16.
    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") + value - 10
    }

    /// The value of a hexadecimal digit.
    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case 0x30...0x39: digit - 0x30
        case 0x41...0x46: digit - 0x41 + 10
        case 0x61...0x66: digit - 0x61 + 10
        default: nil
        }
    }
}
