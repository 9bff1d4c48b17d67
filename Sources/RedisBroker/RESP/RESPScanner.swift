// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Watches the bytes that go to hiredis: hiredis 0.14 reserves an array as soon as its length line is there, has no
/// limit for a bulk string and does not look at the end of one.
///
/// It follows the framing only, skips the bodies of bulk strings, and leaves values to hiredis. Whatever it lets
/// through, hiredis frames in the same way or refuses.
struct RESPScanner {
    private enum State {
        /// At the type byte of a value.
        case type
        /// In the line of a simple string, an error or an integer.
        case text
        /// In the length line of a bulk string or an array.
        case length
        /// In the body of a bulk string.
        case body
        /// At the CR after a body.
        case bodyEnd
        /// At the LF of a line or after a body, which ends an element.
        case elementLineFeed
        /// At the LF of a length line.
        case lengthLineFeed
    }

    /// More digits than any length that could be allowed has.
    private static let lengthDigits = 18

    private let limits: RESPLimits
    private var state: State = .type
    /// The length line that is being read.
    private var isArray = false
    private var isNegative = false
    private var digits = 0
    private var value = 0
    /// Bytes of the text line that is being read, or bytes of the body that are still to come.
    private var bytes = 0
    /// How many elements are still to come of each array that is open, the outermost first.
    private var open = InlineArray<8, Int>(repeating: 0)
    private var depth = 0
    /// Elements that the arrays of this reply have announced.
    private var elements = 0
    /// Bytes of this reply in the pieces before the present one.
    private var replyBytes = 0

    init(limits: RESPLimits) {
        precondition((1...8).contains(limits.nesting), "hiredis nests arrays 8 deep at most")
        self.limits = limits
    }

    /// Follows the next bytes, up to the end of a reply. After an error the scanner must not be used again.
    ///
    /// - Returns: how many bytes belong to the reply: all of them, unless it ends before.
    mutating func scan(_ piece: UnsafeRawBufferPointer) throws(RESPViolation) -> Int {
        var index = 0
        while index < piece.count {
            switch self.state {
            case .type:
                try self.type(piece[index])
                index += 1
            case .text:
                try self.text(piece, &index)
            case .length:
                try self.length(piece, &index)
            case .body:
                let skipped = min(self.bytes, piece.count - index)
                index += skipped
                self.bytes -= skipped
                if self.bytes == 0 { self.state = .bodyEnd }
            case .bodyEnd:
                guard piece[index] == UInt8(ascii: "\r") else { throw .malformed }
                self.state = .elementLineFeed
                index += 1
            case .elementLineFeed, .lengthLineFeed:
                guard piece[index] == UInt8(ascii: "\n") else { throw .malformed }
                index += 1
                let isElement =
                    self.state == .elementLineFeed ? true : try self.lengthEnded(after: self.replyBytes + index)
                if isElement, self.elementEnded() { return index }
            }
        }
        self.replyBytes += index
        guard self.replyBytes <= self.limits.replyBytes else { throw .replyTooLong }
        return index
    }

    private mutating func type(_ byte: UInt8) throws(RESPViolation) {
        switch byte {
        case UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: ":"):
            self.state = .text
            self.bytes = 0
            return
        case UInt8(ascii: "$"):
            self.isArray = false
        case UInt8(ascii: "*"):
            guard self.depth < self.limits.nesting else { throw .tooDeep }
            self.isArray = true
        default:
            throw .unknownType
        }
        self.state = .length
        self.isNegative = false
        self.digits = 0
        self.value = 0
    }

    private mutating func text(_ piece: UnsafeRawBufferPointer, _ index: inout Int) throws(RESPViolation) {
        while index < piece.count {
            let byte = piece[index]
            index += 1
            switch byte {
            case UInt8(ascii: "\r"):
                self.state = .elementLineFeed
                return
            case UInt8(ascii: "\n"):
                throw .malformed
            default:
                self.bytes += 1
                guard self.bytes <= self.limits.lineBytes else { throw .lineTooLong }
            }
        }
    }

    private mutating func length(_ piece: UnsafeRawBufferPointer, _ index: inout Int) throws(RESPViolation) {
        while index < piece.count {
            let byte = piece[index]
            index += 1
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                guard self.digits < Self.lengthDigits else { throw self.isArray ? .tooManyElements : .bulkTooLong }
                self.digits += 1
                self.value = self.value * 10 + Int(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "-") where self.digits == 0 && !self.isNegative:
                self.isNegative = true
            case UInt8(ascii: "\r") where self.digits > 0:
                self.state = .lengthLineFeed
                return
            default:
                throw .malformed
            }
        }
    }

    /// - Returns: whether the length line is all of its element.
    private mutating func lengthEnded(after replyBytes: Int) throws(RESPViolation) -> Bool {
        if self.isNegative {
            guard self.value == 1 else { throw .malformed }
            return true
        }
        if !self.isArray {
            guard self.value <= self.limits.bulkBytes else { throw .bulkTooLong }
            guard self.value <= self.limits.replyBytes - replyBytes - 2 else { throw .replyTooLong }
            self.bytes = self.value
            self.state = self.value == 0 ? .bodyEnd : .body
            return false
        }
        guard self.value <= self.limits.elements - self.elements else { throw .tooManyElements }
        if self.value == 0 { return true }
        self.elements += self.value
        self.open[self.depth] = self.value
        self.depth += 1
        self.state = .type
        return false
    }

    /// - Returns: whether the reply is complete.
    private mutating func elementEnded() -> Bool {
        self.state = .type
        while self.depth > 0 {
            self.open[self.depth - 1] -= 1
            if self.open[self.depth - 1] > 0 { return false }
            self.depth -= 1
        }
        self.elements = 0
        self.replyBytes = 0
        return true
    }
}
