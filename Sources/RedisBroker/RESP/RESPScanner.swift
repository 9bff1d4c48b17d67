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
        /// The type byte of a value.
        case type
        /// The line of a simple string, an error or an integer, of which so many bytes have come.
        case text(bytes: Int)
        /// The length line of a bulk string or an array.
        case length(Length)
        /// So many bytes of a bulk string's body are to come.
        case body(remaining: Int)
        /// The CR after a body.
        case bodyEnd
        /// The LF of a line or after a body.
        case lineFeed(After)
    }

    /// A length line that is being read.
    private struct Length {
        var isArray: Bool
        var isNegative = false
        var digits = 0
        var value = 0
    }

    private enum After {
        case element
        case length(Length)
    }

    private let limits: RESPLimits
    private var state: State = .type
    /// How many elements are still to come of each array that is open, the outermost first.
    private var open = InlineArray<8, Int>(repeating: 0)
    private var depth = 0
    /// Elements that the arrays of this reply have announced.
    private var elements = 0
    /// Bytes of this reply until now.
    private var replyBytes = 0

    init(limits: RESPLimits) {
        precondition((1...8).contains(limits.nesting), "hiredis nests arrays 8 deep at most")
        self.limits = limits
    }

    /// Follows the next bytes. After an error the scanner must not be used again.
    mutating func scan(_ bytes: UnsafeRawBufferPointer) throws(RESPViolation) {
        var index = 0
        while index < bytes.count {
            if case .body(let remaining) = self.state {
                let skipped = min(remaining, bytes.count - index)
                index += skipped
                self.replyBytes += skipped
                self.state = skipped == remaining ? .bodyEnd : .body(remaining: remaining - skipped)
                continue
            }
            self.replyBytes += 1
            guard self.replyBytes <= self.limits.replyBytes else { throw .replyTooLong }
            try self.scan(bytes[index])
            index += 1
        }
    }

    private mutating func scan(_ byte: UInt8) throws(RESPViolation) {
        switch self.state {
        case .type: try self.type(byte)
        case .text(let bytes): try self.text(byte, after: bytes)
        case .length(let length): try self.length(byte, length)
        case .body: preconditionFailure("bodies are skipped as a whole")
        case .bodyEnd:
            guard byte == UInt8(ascii: "\r") else { throw .malformed }
            self.state = .lineFeed(.element)
        case .lineFeed(let after):
            guard byte == UInt8(ascii: "\n") else { throw .malformed }
            switch after {
            case .element: self.elementEnded()
            case .length(let length): try self.lengthEnded(length)
            }
        }
    }

    private mutating func type(_ byte: UInt8) throws(RESPViolation) {
        switch byte {
        case UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: ":"): self.state = .text(bytes: 0)
        case UInt8(ascii: "$"): self.state = .length(Length(isArray: false))
        case UInt8(ascii: "*"):
            guard self.depth < self.limits.nesting else { throw .tooDeep }
            self.state = .length(Length(isArray: true))
        default: throw .unknownType
        }
    }

    private mutating func text(_ byte: UInt8, after bytes: Int) throws(RESPViolation) {
        switch byte {
        case UInt8(ascii: "\r"): self.state = .lineFeed(.element)
        case UInt8(ascii: "\n"): throw .malformed
        default:
            guard bytes < self.limits.lineBytes else { throw .lineTooLong }
            self.state = .text(bytes: bytes + 1)
        }
    }

    private mutating func length(_ byte: UInt8, _ length: Length) throws(RESPViolation) {
        var length = length
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"):
            // More digits than any length that hiredis reads has.
            guard length.digits < 18 else { throw length.isArray ? .tooManyElements : .bulkTooLong }
            length.digits += 1
            length.value = length.value * 10 + Int(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "-") where length.digits == 0 && !length.isNegative:
            length.isNegative = true
        case UInt8(ascii: "\r") where length.digits > 0:
            self.state = .lineFeed(.length(length))
            return
        default:
            throw .malformed
        }
        self.state = .length(length)
    }

    private mutating func lengthEnded(_ length: Length) throws(RESPViolation) {
        if length.isNegative {
            guard length.value == 1 else { throw .malformed }
            return self.elementEnded()
        }
        if !length.isArray {
            guard length.value <= self.limits.bulkBytes else { throw .bulkTooLong }
            guard self.replyBytes + length.value + 2 <= self.limits.replyBytes else { throw .replyTooLong }
            self.state = .body(remaining: length.value)
            return
        }
        guard length.value <= self.limits.elements - self.elements else { throw .tooManyElements }
        guard length.value > 0 else { return self.elementEnded() }
        self.elements += length.value
        self.open[self.depth] = length.value
        self.depth += 1
        self.state = .type
    }

    private mutating func elementEnded() {
        self.state = .type
        while self.depth > 0 {
            self.open[self.depth - 1] -= 1
            if self.open[self.depth - 1] > 0 { return }
            self.depth -= 1
        }
        self.elements = 0
        self.replyBytes = 0
    }
}
