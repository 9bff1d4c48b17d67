// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Base64 with the standard alphabet and padding (RFC 4648, section 4). Reading is strict: no white space, no line
/// breaks, no missing or surplus padding, nothing after it.
public enum Base64 {
    /// What to do with the bits of the last digit that stand for no byte.
    public enum TrailingBits: Sendable {
        /// Accept only zeros, so that each byte string has exactly one text (RFC 4648, section 3.5).
        case mustBeZero
        /// Ignore them. WeChat's `EncodingAESKey` has them set.
        case ignored
    }

    /// The text, always a multiple of four characters.
    @inlinable
    public static func encode(_ bytes: some Sequence<UInt8>) -> String {
        bytes.withContiguousBytes { self.encode($0) }
    }

    /// The text, always a multiple of four characters.
    public static func encode(_ bytes: UnsafeRawBufferPointer) -> String {
        let length = (bytes.count + 2) / 3 * 4
        return String(unsafeUninitializedCapacity: length) { output in
            var source = 0
            for target in stride(from: 0, to: length, by: 4) {
                let present = min(3, bytes.count - source)
                var group = UInt32(bytes[source]) << 16
                if present > 1 { group |= UInt32(bytes[source + 1]) << 8 }
                if present > 2 { group |= UInt32(bytes[source + 2]) }
                output[target] = self.digit(group >> 18)
                output[target + 1] = self.digit(group >> 12 & 63)
                output[target + 2] = present > 1 ? self.digit(group >> 6 & 63) : self.padding
                output[target + 3] = present > 2 ? self.digit(group & 63) : self.padding
                source += 3
            }
            return length
        }
    }

    /// The bytes, or `nil` if the text is not Base64 in the strict sense.
    @inlinable
    public static func decode(
        _ text: some StringProtocol,
        trailingBits: TrailingBits = .mustBeZero
    ) -> [UInt8]? {
        self.decode(text.utf8, trailingBits: trailingBits)
    }

    /// The bytes, or `nil` if the text is not Base64 in the strict sense.
    @inlinable
    public static func decode(
        _ text: some Sequence<UInt8>,
        trailingBits: TrailingBits = .mustBeZero
    ) -> [UInt8]? {
        text.withContiguousBytes { self.decode($0, trailingBits: trailingBits) }
    }

    /// The bytes, or `nil` if the text is not Base64 in the strict sense.
    public static func decode(
        _ text: UnsafeRawBufferPointer,
        trailingBits: TrailingBits = .mustBeZero
    ) -> [UInt8]? {
        guard text.count.isMultiple(of: 4) else { return nil }
        var digits = text.count
        while digits > 0, text.count - digits < 2, text[digits - 1] == self.padding { digits -= 1 }

        var output: [UInt8] = []
        output.reserveCapacity(digits * 3 / 4)
        var pending: UInt32 = 0
        var bits = 0
        for index in 0..<digits {
            guard let value = self.value(text[index]) else { return nil }
            pending = pending << 6 | value
            bits += 6
            if bits >= 8 {
                bits -= 8
                output.append(UInt8(truncatingIfNeeded: pending >> UInt32(bits)))
            }
        }
        if trailingBits == .mustBeZero, pending & (1 << UInt32(bits) - 1) != 0 { return nil }
        return output
    }

    private static let padding = UInt8(ascii: "=")

    private static func digit(_ value: UInt32) -> UInt8 {
        let value = UInt8(truncatingIfNeeded: value)
        switch value {
        case 0..<26: return UInt8(ascii: "A") + value
        case 26..<52: return UInt8(ascii: "a") + value - 26
        case 52..<62: return UInt8(ascii: "0") + value - 52
        case 62: return UInt8(ascii: "+")
        default: return UInt8(ascii: "/")
        }
    }

    private static func value(_ digit: UInt8) -> UInt32? {
        switch digit {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(digit - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(digit - UInt8(ascii: "a") + 26)
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(digit - UInt8(ascii: "0") + 52)
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
