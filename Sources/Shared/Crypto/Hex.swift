// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Hexadecimal text (RFC 4648, section 8): written in lower case, read in either, never with a prefix, a separator or
/// an odd digit.
public enum Hex {
    /// Two lower-case digits a byte.
    public static func encode(_ bytes: UnsafeRawBufferPointer) -> String {
        String(unsafeUninitializedCapacity: bytes.count * 2) { output in
            for index in 0..<bytes.count {
                output[index * 2] = self.digit(bytes[index] >> 4)
                output[index * 2 + 1] = self.digit(bytes[index] & 0x0F)
            }
            return bytes.count * 2
        }
    }

    /// Two lower-case digits a byte.
    @inlinable
    public static func encode(_ bytes: some Sequence<UInt8>) -> String {
        bytes.withContiguousBytes { self.encode($0) }
    }

    /// The sixteen lower-case digits of a number.
    public static func encode(bigEndian number: UInt64) -> String {
        withUnsafeBytes(of: number.bigEndian) { self.encode($0) }
    }

    /// Appends two lower-case digits a byte to a message in the making.
    public static func append(_ bytes: some Sequence<UInt8>, to output: inout [UInt8]) {
        for byte in bytes {
            output.append(self.digit(byte >> 4))
            output.append(self.digit(byte & 0x0F))
        }
    }

    /// Decodes exactly `output.count` bytes, without an allocation.
    ///
    /// - Returns: `false` if the text is not exactly twice as long or holds anything but digits; the output is then
    ///   meaningless.
    public static func decode(_ text: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Bool {
        guard text.count == output.count * 2 else { return false }
        var invalid: UInt8 = 0
        for index in 0..<output.count {
            let high = self.value(text[index * 2])
            let low = self.value(text[index * 2 + 1])
            invalid |= high | low
            output[index] = high << 4 | low & 0x0F
        }
        return invalid & 0xF0 == 0
    }

    /// Decodes text, which must stand for exactly `byteCount` bytes if that is given.
    ///
    /// - Returns: `nil` if the length is odd or not the expected one, or if anything but digits occurs.
    @inlinable
    public static func decode(_ text: some Sequence<UInt8>, byteCount: Int? = nil) -> [UInt8]? {
        text.withContiguousBytes { text in
            guard text.count.isMultiple(of: 2), byteCount == nil || byteCount == text.count / 2 else { return nil }
            var isValid = false
            let bytes = [UInt8](unsafeUninitializedCapacity: text.count / 2) { storage, initializedCount in
                initializedCount = text.count / 2
                let output = UnsafeMutableRawBufferPointer(start: storage.baseAddress, count: initializedCount)
                isValid = self.decode(text, into: output)
            }
            return isValid ? bytes : nil
        }
    }

    /// Decodes text, which must stand for exactly `byteCount` bytes if that is given.
    @inlinable
    public static func decode(_ text: some StringProtocol, byteCount: Int? = nil) -> [UInt8]? {
        self.decode(text.utf8, byteCount: byteCount)
    }

    /// Decodes the number that exactly sixteen digits stand for.
    @inlinable
    public static func decode(bigEndian text: some Sequence<UInt8>) -> UInt64? {
        text.withContiguousBytes { text in
            var number: UInt64 = 0
            let isValid = withUnsafeMutableBytes(of: &number) { self.decode(text, into: $0) }
            return isValid ? UInt64(bigEndian: number) : nil
        }
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") - 10 + value
    }

    /// The value of a digit, or a value above 15.
    private static func value(_ digit: UInt8) -> UInt8 {
        let decimal = digit &- UInt8(ascii: "0")
        if decimal < 10 { return decimal }
        let letter = (digit | 0x20) &- UInt8(ascii: "a")
        return letter < 6 ? letter + 10 : 0xFF
    }
}
