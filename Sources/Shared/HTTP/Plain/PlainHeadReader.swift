// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Reads one `PlainHead`, from its first byte to the empty line behind it (RFC 9112, sections 2 to 5).
struct PlainHeadReader {
    /// Why reading stops short.
    private enum Stop: Error {
        case incomplete
        case notPlain
    }

    private let bytes: UnsafeRawBufferPointer
    private var position = 0
    private var hosts = 0
    private var contentLength: Int?

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = UnsafeRawBufferPointer(rebasing: bytes.prefix(PlainHead.Limit.bytes))
    }

    mutating func read() -> PlainHead.Outcome {
        do throws(Stop) {
            return .complete(try self.readHead())
        } catch {
            // What has not ended within the limit is not plain.
            return error == .incomplete && self.bytes.count < PlainHead.Limit.bytes ? .incomplete : .notPlain
        }
    }

    private mutating func readHead() throws(Stop) -> PlainHead {
        let method = try self.readMethod()
        let target = try self.readTarget()
        try self.read(" HTTP/1.1\r\n")
        let start = self.position
        var marks: [FieldMark] = []
        marks.reserveCapacity(16)
        while try self.peek() != UInt8(ascii: "\r") {
            guard marks.count < PlainHead.Limit.fields else { throw .notPlain }
            marks.append(try self.readField(from: start))
        }
        let end = self.position
        try self.read("\r\n")
        guard self.hosts == 1 else { throw .notPlain }
        return PlainHead(
            method: method,
            target: target,
            fieldLines: start..<end,
            marks: marks,
            contentLength: self.contentLength ?? 0,
            byteCount: self.position
        )
    }

    private mutating func readMethod() throws(Stop) -> PlainHead.Method {
        if try self.peek() == UInt8(ascii: "P") {
            try self.read("POST ")
            return .post
        }
        try self.read("GET ")
        return .get
    }

    private mutating func readTarget() throws(Stop) -> Range<Int> {
        let start = self.position
        guard try self.peek() == UInt8(ascii: "/") else { throw .notPlain }
        while self.position < self.bytes.count, ASCIISet.isTarget(self.bytes[self.position]) {
            self.position += 1
        }
        guard try self.peek() == UInt8(ascii: " ") else { throw .notPlain }
        return start..<self.position
    }

    private mutating func readField(from start: Int) throws(Stop) -> FieldMark {
        let nameStart = self.position
        while self.position < self.bytes.count, ASCIISet.isToken(self.bytes[self.position]) {
            self.position += 1
        }
        let nameEnd = self.position
        guard try self.peek() == UInt8(ascii: ":"), nameEnd > nameStart else { throw .notPlain }
        self.position += 1
        while try Self.isSpace(self.peek()) { self.position += 1 }
        let valueStart = self.position
        try self.skipValue()
        let valueEnd = self.position
        try self.read("\r\n")
        try self.note(name: nameStart..<nameEnd, value: valueStart..<valueEnd)
        return FieldMark(
            nameStart: UInt16(truncatingIfNeeded: nameStart - start),
            nameLength: UInt16(truncatingIfNeeded: nameEnd - nameStart),
            valueStart: UInt16(truncatingIfNeeded: valueStart - start),
            valueLength: UInt16(truncatingIfNeeded: valueEnd - valueStart)
        )
    }

    /// Goes to the line end behind a value of visible ASCII, spaces and tabs.
    private mutating func skipValue() throws(Stop) {
        while true {
            self.skipVisible()
            let byte = try self.peek()
            if byte == UInt8(ascii: "\r") { return }
            // What `skipVisible` stopped at because fewer than eight bytes were left.
            guard byte == UInt8(ascii: "\t") || (0x20...0x7E).contains(byte) else { throw .notPlain }
            self.position += 1
        }
    }

    /// Goes to the next byte that is not visible ASCII or a space, eight bytes at a time, or to the last seven bytes.
    private mutating func skipVisible() {
        EightBytes.skip(self.bytes, from: &self.position) { eight in
            eight.marks(below: 0x20) | eight.marks(of: 0x7F) | eight.nonASCIIMarks
        }
    }

    /// Takes account of the fields that say how the message is framed and what becomes of the connection.
    private mutating func note(name: Range<Int>, value: Range<Int>) throws(Stop) {
        switch name.count {
        case 4:
            if self.isName(name, "host") { self.hosts += 1 }
        case 6:
            if self.isName(name, "expect") { throw .notPlain }
        case 7:
            if self.isName(name, "upgrade") || self.isName(name, "trailer") { throw .notPlain }
        case 10:
            if self.isName(name, "connection"), !self.isName(value, "keep-alive") { throw .notPlain }
        case 14:
            if self.isName(name, "content-length") { try self.readLength(value) }
        case 16:
            if self.isName(name, "proxy-connection") { throw .notPlain }
        case 17:
            if self.isName(name, "transfer-encoding") { throw .notPlain }
        default:
            break
        }
    }

    private mutating func readLength(_ value: Range<Int>) throws(Stop) {
        guard self.contentLength == nil, (1...PlainHead.Limit.lengthDigits).contains(value.count) else {
            throw .notPlain
        }
        var length = 0
        for index in value {
            let digit = self.bytes[index] &- UInt8(ascii: "0")
            guard digit < 10 else { throw .notPlain }
            length = length * 10 + Int(digit)
        }
        self.contentLength = length
    }

    /// Whether the bytes are a word of letters and hyphens, in any case.
    private func isName(_ range: Range<Int>, _ word: StaticString) -> Bool {
        FieldName.matches(UnsafeRawBufferPointer(rebasing: self.bytes[range]), word)
    }

    private func peek() throws(Stop) -> UInt8 {
        guard self.position < self.bytes.count else { throw .incomplete }
        return self.bytes[self.position]
    }

    private mutating func read(_ literal: StaticString) throws(Stop) {
        for offset in 0..<literal.utf8CodeUnitCount {
            guard try self.peek() == literal.utf8Start[offset] else { throw .notPlain }
            self.position += 1
        }
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
    }
}
