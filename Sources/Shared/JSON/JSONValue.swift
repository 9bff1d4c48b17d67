// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// A value in a JSON text that was checked. It points into the text's bytes and must not be used after them.
public struct JSONValue {
    public enum Kind: String, Sendable {
        case object
        case array
        case string
        case number
        case boolean
        case null
    }

    /// The value's bytes as they stand in the text, quotes and brackets included.
    public let raw: UnsafeRawBufferPointer
    /// Where they stand in the whole text.
    public let range: Range<Int>

    /// - Precondition: the bytes are one checked value without white space around it.
    init(raw: UnsafeRawBufferPointer, range: Range<Int>) {
        self.raw = raw
        self.range = range
    }

    /// Checks a text that is one value, of any kind, with white space around it or without.
    ///
    /// - Throws: ``JSONError`` with the reason and the offset.
    public init(
        validating bytes: UnsafeRawBufferPointer,
        maximumDepth: Int = JSONObjectView.maximumDepth
    ) throws(JSONError) {
        guard bytes.count <= UInt32.max else { throw JSONError(.tooLong, at: 0) }
        var scanner = JSONScanner(bytes, depthLimit: maximumDepth)
        guard scanner.peek() != nil else { throw scanner.error(.truncated) }
        let range = try scanner.skipValue()
        guard scanner.peek() == nil else { throw scanner.error(.trailingBytes) }
        self.init(raw: UnsafeRawBufferPointer(rebasing: bytes[range]), range: range)
    }

    public var kind: Kind {
        switch self.raw[0] {
        case UInt8(ascii: "{"): .object
        case UInt8(ascii: "["): .array
        case UInt8(ascii: "\""): .string
        case UInt8(ascii: "t"), UInt8(ascii: "f"): .boolean
        case UInt8(ascii: "n"): .null
        default: .number
        }
    }

    public var isObject: Bool { self.kind == .object }

    /// The number, if it is written without fraction and exponent and fits; `nil` otherwise. `-0` is 0.
    public var integer: Int64? {
        guard self.kind == .number else { return nil }
        let isNegative = self.raw[0] == UInt8(ascii: "-")
        var value: Int64 = 0
        for byte in self.raw.dropFirst(isNegative ? 1 : 0) {
            let digit = byte &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            let (product, productOverflow) = value.multipliedReportingOverflow(by: 10)
            // Negative numbers are counted downwards, since the least one has no positive counterpart.
            let (sum, sumOverflow) =
                isNegative
                ? product.subtractingReportingOverflow(Int64(digit)) : product.addingReportingOverflow(Int64(digit))
            guard !productOverflow, !sumOverflow else { return nil }
            value = sum
        }
        return value
    }

    public var boolean: Bool? {
        guard self.kind == .boolean else { return nil }
        return self.raw[0] == UInt8(ascii: "t")
    }

    /// The string's text; `nil` for other kinds. Escaped surrogates without a partner and bytes that are no UTF-8
    /// become U+FFFD, so two strings that differ may have one text.
    public var string: String? {
        self.rawString.map { JSONUnescaping.text($0) }
    }

    /// Whether a string has half of a surrogate pair without the other, for which ``string`` has U+FFFD.
    public var hasLoneSurrogate: Bool {
        self.rawString.map { JSONUnescaping.hasLoneSurrogate($0) } ?? false
    }

    /// The bytes between a string's quotes, escapes as they are written; `nil` for other kinds.
    var rawString: UnsafeRawBufferPointer? {
        guard self.kind == .string else { return nil }
        return UnsafeRawBufferPointer(rebasing: self.raw[1..<self.raw.count - 1])
    }

    /// The members of an object that are asked for; `nil` for other kinds. It scans the value once more.
    ///
    /// - Throws: ``JSONError/Reason/duplicateMember``, nothing else, since the value was checked.
    public func object(members: JSONMemberNames) throws(JSONError) -> JSONObjectView? {
        guard self.isObject else { return nil }
        return try JSONObjectView(
            validating: self.raw,
            base: self.range.lowerBound,
            members: members,
            maximumDepth: JSONObjectView.maximumDepth
        )
    }

    /// Calls the body with each member of an object in order, as long as it returns `true`; names may repeat. Other kinds
    /// have none.
    public func forEachMember(_ body: (_ name: String, JSONValue) throws -> Bool) rethrows {
        guard self.kind == .object else { return }
        var scanner = JSONScanner(self.raw, depthLimit: JSONScanner.maximumDepth)
        scanner.skip()
        while let byte = scanner.peek(), byte != UInt8(ascii: "}") {
            if byte == UInt8(ascii: ",") { scanner.skip() }
            guard let name = try? scanner.readName(), let range = try? scanner.skipValue() else { return }
            let member = JSONValue(
                raw: UnsafeRawBufferPointer(rebasing: self.raw[range]),
                range: range.lowerBound + self.range.lowerBound..<range.upperBound + self.range.lowerBound
            )
            let text = JSONUnescaping.text(UnsafeRawBufferPointer(rebasing: self.raw[name.raw]))
            guard try body(text, member) else { return }
        }
    }

    /// Calls the body with each element of an array in order, as long as it returns `true`. Other kinds have none.
    public func forEachElement(_ body: (JSONValue) throws -> Bool) rethrows {
        guard self.kind == .array else { return }
        var scanner = JSONScanner(self.raw, depthLimit: JSONScanner.maximumDepth)
        scanner.skip()
        while let byte = scanner.peek(), byte != UInt8(ascii: "]") {
            if byte == UInt8(ascii: ",") { scanner.skip() }
            guard let range = try? scanner.skipValue() else { return }
            let element = JSONValue(
                raw: UnsafeRawBufferPointer(rebasing: self.raw[range]),
                range: range.lowerBound + self.range.lowerBound..<range.upperBound + self.range.lowerBound
            )
            guard try body(element) else { return }
        }
    }
}

@available(*, unavailable)
extension JSONValue: Sendable {}
