// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Walks once over a JSON text (RFC 8259) and checks every byte of its grammar, with neither recursion nor allocation.
///
/// Strings may contain invalid UTF-8: the relay passes bodies on untouched and leaves them to the reader. Escaped
/// surrogates need not be paired, as the grammar allows (section 8.2). A byte order mark is refused.
struct JSONScanner {
    /// The deepest nesting that the stack of open brackets has bits for.
    static let maximumDepth = 128

    private let bytes: UnsafeRawBufferPointer
    private let depthLimit: Int
    /// Where the next byte is read.
    private(set) var position = 0
    /// How many arrays and objects are open.
    private var depth = 0
    /// One bit for each open bracket, the innermost lowest: 1 for an object.
    private var openLow: UInt64 = 0
    private var openHigh: UInt64 = 0

    /// - Precondition: the depth limit is 1 to ``maximumDepth``.
    init(_ bytes: UnsafeRawBufferPointer, depthLimit: Int) {
        precondition((1...Self.maximumDepth).contains(depthLimit), "JSON nesting is bounded to 1 to 128 levels")
        self.bytes = bytes
        self.depthLimit = depthLimit
    }

    /// The next byte after white space, not consumed; `nil` at the end.
    @inline(__always)
    mutating func peek() -> UInt8? {
        while self.position < self.bytes.count {
            let byte = self.bytes[self.position]
            guard byte <= 0x20, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return byte }
            self.position += 1
        }
        return nil
    }

    /// Consumes the byte that ``peek()`` gave.
    @inline(__always)
    mutating func skip() {
        self.position += 1
    }

    /// Goes on to an object's next member: behind the bracket that opened it, or behind the member before.
    ///
    /// - Returns: whether there is one; the closing bracket is not consumed.
    @inline(__always)
    mutating func beginMember(isFirst: Bool) throws(JSONError) -> Bool {
        guard let byte = self.peek() else { throw self.error(.truncated) }
        guard byte != UInt8(ascii: "}") else { return false }
        guard !isFirst else { return true }
        guard byte == UInt8(ascii: ",") else { throw self.error(.expectedCommaOrEnd) }
        self.skip()
        // A bracket here would end the object as if the comma were not there; `readName` refuses it.
        return true
    }

    /// Consumes a member's name and its colon.
    ///
    /// - Returns: the bytes between the quotes, and whether there are escapes among them.
    @inline(__always)
    mutating func readName() throws(JSONError) -> (raw: Range<Int>, hasEscapes: Bool) {
        guard let byte = self.peek() else { throw self.error(.truncated) }
        guard byte == UInt8(ascii: "\"") else { throw self.error(.expectedName) }
        let start = self.position + 1
        let hasEscapes = try self.skipString()
        let end = self.position - 1
        guard let colon = self.peek() else { throw self.error(.truncated) }
        guard colon == UInt8(ascii: ":") else { throw self.error(.expectedColon) }
        self.position += 1
        return (start..<end, hasEscapes)
    }

    /// Consumes one value of any kind with white space before it.
    ///
    /// - Returns: the value's bytes.
    mutating func skipValue() throws(JSONError) -> Range<Int> {
        guard self.peek() != nil else { throw self.error(.truncated) }
        let start = self.position
        let outerDepth = self.depth
        while true {
            guard let byte = self.peek() else { throw self.error(.truncated) }
            switch byte {
            case UInt8(ascii: "\""):
                _ = try self.skipString()
            case UInt8(ascii: "{"):
                try self.open(isObject: true)
                guard let next = self.peek() else { throw self.error(.truncated) }
                if next != UInt8(ascii: "}") {
                    _ = try self.readName()
                    continue
                }
                self.close()
            case UInt8(ascii: "["):
                try self.open(isObject: false)
                guard let next = self.peek() else { throw self.error(.truncated) }
                if next != UInt8(ascii: "]") { continue }
                self.close()
            case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                try self.skipNumber()
            case UInt8(ascii: "t"):
                try self.skipLiteral("true")
            case UInt8(ascii: "f"):
                try self.skipLiteral("false")
            case UInt8(ascii: "n"):
                try self.skipLiteral("null")
            default:
                throw self.error(.expectedValue)
            }
            if try self.finishValue(outerDepth: outerDepth) { return start..<self.position }
        }
    }

    /// After a value: closes what ends here, or goes on to the next element or member.
    ///
    /// - Returns: whether the outermost value is complete.
    @inline(__always)
    private mutating func finishValue(outerDepth: Int) throws(JSONError) -> Bool {
        while self.depth > outerDepth {
            guard let byte = self.peek() else { throw self.error(.truncated) }
            let isObject = self.openLow & 1 == 1
            if byte == UInt8(ascii: ",") {
                self.position += 1
                if isObject { _ = try self.readName() }
                return false
            }
            guard byte == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) else {
                throw self.error(.expectedCommaOrEnd)
            }
            self.close()
        }
        return true
    }

    /// Consumes the opening bracket of an array or object.
    @inline(__always)
    mutating func open(isObject: Bool) throws(JSONError) {
        guard self.depth < self.depthLimit else { throw self.error(.tooDeep) }
        self.depth += 1
        self.openHigh = self.openHigh << 1 | self.openLow >> 63
        self.openLow = self.openLow << 1 | (isObject ? 1 : 0)
        self.position += 1
    }

    /// Consumes the closing bracket of the innermost array or object.
    @inline(__always)
    mutating func close() {
        self.depth -= 1
        self.openLow = self.openLow >> 1 | self.openHigh << 63
        self.openHigh >>= 1
        self.position += 1
    }

    func error(_ reason: JSONError.Reason) -> JSONError {
        JSONError(reason, at: self.position)
    }

    // MARK: Scalars

    /// Consumes a string, quotes included.
    ///
    /// - Returns: whether there are escapes in it.
    @inline(__always)
    private mutating func skipString() throws(JSONError) -> Bool {
        self.position += 1
        var hasEscapes = false
        while true {
            self.skipPlainBytes()
            guard self.position < self.bytes.count else { throw self.error(.truncated) }
            switch self.bytes[self.position] {
            case UInt8(ascii: "\""):
                self.position += 1
                return hasEscapes
            case UInt8(ascii: "\\"):
                hasEscapes = true
                try self.skipEscape()
            case 0..<0x20:
                throw self.error(.controlCharacter)
            default:
                self.position += 1
            }
        }
    }

    /// Goes to the next quote, backslash or control character, eight bytes at a time, or to the last seven bytes.
    @inline(__always)
    private mutating func skipPlainBytes() {
        EightBytes.skip(self.bytes, from: &self.position) { eight in
            eight.marks(of: UInt8(ascii: "\"")) | eight.marks(of: UInt8(ascii: "\\")) | eight.marks(below: 0x20)
        }
    }

    private mutating func skipEscape() throws(JSONError) {
        guard self.position + 1 < self.bytes.count else {
            self.position = self.bytes.count
            throw self.error(.truncated)
        }
        switch self.bytes[self.position + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            self.position += 2
        case UInt8(ascii: "u"):
            for offset in 2..<6 {
                guard self.position + offset < self.bytes.count else {
                    self.position = self.bytes.count
                    throw self.error(.truncated)
                }
                guard JSONUnescaping.hexValue(self.bytes[self.position + offset]) != nil else {
                    throw self.error(.invalidEscape)
                }
            }
            self.position += 6
        default:
            throw self.error(.invalidEscape)
        }
    }

    /// Consumes a number (section 6).
    private mutating func skipNumber() throws(JSONError) {
        if self.current == UInt8(ascii: "-") { self.position += 1 }
        if self.current == UInt8(ascii: "0") {
            self.position += 1
        } else {
            try self.skipDigits()
        }
        if self.current == UInt8(ascii: ".") {
            self.position += 1
            try self.skipDigits()
        }
        if self.current == UInt8(ascii: "e") || self.current == UInt8(ascii: "E") {
            self.position += 1
            if self.current == UInt8(ascii: "+") || self.current == UInt8(ascii: "-") { self.position += 1 }
            try self.skipDigits()
        }
        // What follows a number must not look like more of it: `01` is one bad number, not two values.
        if let next = self.current, next == UInt8(ascii: ".") || Self.isDigit(next) { throw self.error(.invalidNumber) }
    }

    /// Consumes one digit or more.
    private mutating func skipDigits() throws(JSONError) {
        guard let first = self.current else { throw self.error(.truncated) }
        guard Self.isDigit(first) else { throw self.error(.invalidNumber) }
        while let byte = self.current, Self.isDigit(byte) { self.position += 1 }
    }

    private mutating func skipLiteral(_ literal: StaticString) throws(JSONError) {
        for offset in 0..<literal.utf8CodeUnitCount {
            guard let byte = self.current else { throw self.error(.truncated) }
            guard byte == literal.utf8Start[offset] else { throw self.error(.invalidLiteral) }
            self.position += 1
        }
    }

    /// The next byte, white space or not; `nil` at the end.
    @inline(__always)
    private var current: UInt8? {
        self.position < self.bytes.count ? self.bytes[self.position] : nil
    }

    @inline(__always)
    private static func isDigit(_ byte: UInt8) -> Bool {
        byte &- UInt8(ascii: "0") < 10
    }
}
