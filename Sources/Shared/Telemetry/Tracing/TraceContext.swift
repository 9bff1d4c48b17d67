// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// A place in a trace: the `traceparent` of W3C Trace Context, level 1.
public struct TraceContext: Hashable, Sendable {
    /// The trace, 128 bits that are not all zero.
    public let trace: TraceID
    /// The parent of later spans; not zero.
    public let span: UInt64
    /// Whether the caller may have recorded the trace (section 3.2.2.5.1). Other flags are unknown, and dropped.
    public let isSampled: Bool

    /// How long the text of version 00 is.
    private static let textLength = 55

    /// A context from its parts.
    ///
    /// - Precondition: neither id is zero.
    public init(trace: TraceID, span: UInt64, isSampled: Bool) {
        precondition(span != 0, "zero is no span")
        self.trace = trace
        self.span = span
        self.isSampled = isSampled
    }

    /// Reads a field's value: `00-` and 32 digits, 16 digits and 2 digits with a hyphen between each, all in lower case.
    ///
    /// A later version is parsed as far as it matches this one (section 3.2.2.2).
    ///
    /// - Returns: nil for anything else.
    public init?(_ text: UnsafeRawBufferPointer) {
        guard text.count >= Self.textLength, text[2] == Self.hyphen, text[35] == Self.hyphen, text[52] == Self.hyphen,
            let version = Self.number(text[0..<2]), version != 0xFF,
            version == 0 ? text.count == Self.textLength : text.count == Self.textLength || text[55] == Self.hyphen,
            let high = Self.number(text[3..<19]), let low = Self.number(text[19..<35]),
            let trace = TraceID(high: high, low: low),
            let span = Self.number(text[36..<52]), span != 0,
            let flags = Self.number(text[53..<55])
        else { return nil }
        self.init(trace: trace, span: span, isSampled: flags & 1 == 1)
    }

    /// Reads a field's value.
    public init?(_ text: String) {
        var text = text
        guard let context = text.withUTF8({ TraceContext(UnsafeRawBufferPointer($0)) }) else { return nil }
        self = context
    }

    private static let hyphen = UInt8(ascii: "-")

    /// The number that at most 16 lower-case digits stand for.
    private static func number(_ digits: Slice<UnsafeRawBufferPointer>) -> UInt64? {
        var number: UInt64 = 0
        for digit in digits {
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): number = number << 4 | UInt64(digit - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): number = number << 4 | UInt64(digit - UInt8(ascii: "a") + 10)
            default: return nil
            }
        }
        return number
    }
}

extension TraceContext: CustomStringConvertible {
    /// The field's value, of version 00.
    public var description: String {
        "00-\(self.trace)-\(Hex.encode(bigEndian: self.span))-0\(self.isSampled ? "1" : "0")"
    }
}

/// The name of a trace.
public struct TraceID: Hashable, Sendable, CustomStringConvertible {
    public let high: UInt64
    public let low: UInt64

    /// A name from its halves; nil where both are zero.
    public init?(high: UInt64, low: UInt64) {
        guard high != 0 || low != 0 else { return nil }
        self.high = high
        self.low = low
    }

    /// A name that no other trace has.
    static func random() -> TraceID {
        while true {
            if let id = TraceID(high: UInt64.random(in: 0 ... .max), low: UInt64.random(in: 0 ... .max)) { return id }
        }
    }

    /// Thirty-two lower-case hexadecimal digits.
    public var description: String { Hex.encode(bigEndian: self.high) + Hex.encode(bigEndian: self.low) }
}
