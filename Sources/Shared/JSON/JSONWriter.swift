// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Writes the few JSON texts that Hookwire makes itself, byte by byte, into a message in the making.
public enum JSONWriter {
    /// Appends a string in quotes, escaped where JSON needs it (RFC 8259, section 7), as valid UTF-8.
    public static func append(_ text: some StringProtocol, to output: inout [UInt8]) {
        let isContiguous: Void? = text.utf8.withContiguousStorageIfAvailable {
            self.append(validUTF8: UnsafeRawBufferPointer($0), to: &output)
        }
        if isContiguous == nil {
            Array(text.utf8).withUnsafeBytes { self.append(validUTF8: $0, to: &output) }
        }
    }

    /// Appends bytes as a string in quotes. What is no UTF-8 becomes U+FFFD.
    public static func append(utf8 bytes: UnsafeRawBufferPointer, to output: inout [UInt8]) {
        self.append(String(decoding: bytes, as: UTF8.self), to: &output)
    }

    /// Appends a number.
    public static func append(_ number: some BinaryInteger, to output: inout [UInt8]) {
        output.append(contentsOf: String(number).utf8)
    }

    /// An array of values that are written already.
    public static func array(_ values: some Sequence<[UInt8]>) -> [UInt8] {
        [UInt8(ascii: "[")] + Array(values.joined(separator: CollectionOfOne(UInt8(ascii: ",")))) + [UInt8(ascii: "]")]
    }

    /// A string as a value of its own.
    public static func string(_ text: some StringProtocol) -> [UInt8] {
        var output: [UInt8] = []
        self.append(text, to: &output)
        return output
    }

    private static func append(validUTF8 bytes: UnsafeRawBufferPointer, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\""))
        var plainStart = 0
        for index in 0..<bytes.count {
            let byte = bytes[index]
            guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else { continue }
            output.append(contentsOf: bytes[plainStart..<index])
            self.appendEscape(of: byte, to: &output)
            plainStart = index + 1
        }
        output.append(contentsOf: bytes[plainStart...])
        output.append(UInt8(ascii: "\""))
    }

    private static func appendEscape(of byte: UInt8, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): output.append(byte)
        case 0x08: output.append(UInt8(ascii: "b"))
        case 0x0C: output.append(UInt8(ascii: "f"))
        case 0x0A: output.append(UInt8(ascii: "n"))
        case 0x0D: output.append(UInt8(ascii: "r"))
        case 0x09: output.append(UInt8(ascii: "t"))
        default:
            output.append(contentsOf: "u00".utf8)
            Hex.append(CollectionOfOne(byte), to: &output)
        }
    }
}
