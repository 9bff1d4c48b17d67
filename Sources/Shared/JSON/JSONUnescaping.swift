// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Reads what the raw bytes between a string's quotes stand for. The bytes come from a text that was checked.
enum JSONUnescaping {
    /// One step through a string: bytes as they are, or the scalar that an escape stands for; nil for one half of a surrogate
    /// pair without the other.
    private enum Unit {
        case byte(UInt8)
        case scalar(Unicode.Scalar?)
    }

    /// In place of what stands for no character.
    private static let replacement: Unicode.Scalar = "\u{FFFD}"

    /// The text. Escaped surrogates without a partner and bytes that are no UTF-8 become U+FFFD.
    static func text(_ raw: UnsafeRawBufferPointer) -> String {
        guard raw.contains(UInt8(ascii: "\\")) else { return String(decoding: raw, as: UTF8.self) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(raw.count)
        var position = 0
        while let unit = self.next(raw, &position) {
            switch unit {
            case .byte(let byte): bytes.append(byte)
            case .scalar(let scalar): bytes.append(contentsOf: (scalar ?? self.replacement).utf8)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Whether raw bytes stand for a name, without an allocation.
    static func stands(_ raw: UnsafeRawBufferPointer, for name: [UInt8]) -> Bool {
        var position = 0
        var matched = 0
        while let unit = self.next(raw, &position) {
            switch unit {
            case .byte(let byte):
                guard matched < name.count, name[matched] == byte else { return false }
                matched += 1
            case .scalar(let scalar):
                for byte in (scalar ?? self.replacement).utf8 {
                    guard matched < name.count, name[matched] == byte else { return false }
                    matched += 1
                }
            }
        }
        return matched == name.count
    }

    /// Whether one half of a surrogate pair is escaped without the other: it stands for no character (RFC 8259, section 8.2).
    static func hasLoneSurrogate(_ raw: UnsafeRawBufferPointer) -> Bool {
        var position = 0
        while let unit = self.next(raw, &position) {
            if case .scalar(nil) = unit { return true }
        }
        return false
    }

    private static func next(_ raw: UnsafeRawBufferPointer, _ position: inout Int) -> Unit? {
        guard position < raw.count else { return nil }
        guard raw[position] == UInt8(ascii: "\\"), position + 1 < raw.count else {
            position += 1
            return .byte(raw[position - 1])
        }
        let letter = raw[position + 1]
        guard letter == UInt8(ascii: "u") else {
            position += 2
            return .byte(self.character(escapedBy: letter))
        }
        let first = self.codeUnit(raw, at: position)
        position += 6
        if first & 0xFC00 == 0xD800 {
            let second = self.codeUnit(raw, at: position)
            if second & 0xFC00 == 0xDC00 {
                position += 6
                let value = 0x10000 + (first & 0x3FF) << 10 + second & 0x3FF
                return .scalar(Unicode.Scalar(value))
            }
        }
        return .scalar(Unicode.Scalar(first))
    }

    /// The four digits of an escape that begins here, or 0 if none does.
    private static func codeUnit(_ raw: UnsafeRawBufferPointer, at position: Int) -> UInt32 {
        guard position + 6 <= raw.count, raw[position] == UInt8(ascii: "\\"), raw[position + 1] == UInt8(ascii: "u")
        else { return 0 }
        return (2..<6).reduce(0) { $0 << 4 | (self.hexValue(raw[position + $1]) ?? 0) }
    }

    private static func character(escapedBy letter: UInt8) -> UInt8 {
        switch letter {
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        default: letter
        }
    }

    static func hexValue(_ digit: UInt8) -> UInt32? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(digit - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(digit - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(digit - UInt8(ascii: "A") + 10)
        default: nil
        }
    }
}
