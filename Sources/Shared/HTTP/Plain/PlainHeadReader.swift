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
    /// Whether `Upgrade` names the WebSocket protocol, and whether `Connection` names `Upgrade`.
    private var offersWebSocket = false
    private var offersUpgrade = false

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = UnsafeRawBufferPointer(rebasing: bytes.prefix(PlainHead.Limit.bytes))
    }

    mutating func read() -> PlainHead.Outcome {
        do throws(Stop) {
            return .complete(try self.readHead())
        } catch {
            // A header that does not end within the limit is not plain.
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
        guard self.hosts == 1, self.offersWebSocket == self.offersUpgrade else { throw .notPlain }
        // A handshake has no body.
        guard !self.offersUpgrade || (method == .get && self.contentLength == nil) else { throw .notPlain }
        return PlainHead(
            method: method,
            target: target,
            fieldLines: start..<end,
            marks: marks,
            contentLength: self.contentLength ?? 0,
            isHandshake: self.offersUpgrade,
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
        self.skip { ASCIISet.isTarget($0) }
        guard try self.peek() == UInt8(ascii: " ") else { throw .notPlain }
        return start..<self.position
    }

    private mutating func readField(from start: Int) throws(Stop) -> FieldMark {
        let nameStart = self.position
        self.skip { ASCIISet.isToken($0) }
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

    /// Skips to the next byte outside a set that includes all letters: names are mostly letters, which are checked
    /// eight at a time.
    @inline(__always)
    private mutating func skip(while isMember: (UInt8) -> Bool) {
        while true {
            EightBytes.skip(self.bytes, from: &self.position) { $0.nonLetterMarks }
            guard self.position < self.bytes.count, isMember(self.bytes[self.position]) else { return }
            self.position += 1
        }
    }

    /// Skips a value of visible ASCII, spaces and tabs, to its line end.
    private mutating func skipValue() throws(Stop) {
        while true {
            self.skipVisible()
            let byte = try self.peek()
            if byte == UInt8(ascii: "\r") { return }
            // `skipVisible` may have stopped because fewer than eight bytes were left.
            guard byte == UInt8(ascii: "\t") || (0x20...0x7E).contains(byte) else { throw .notPlain }
            self.position += 1
        }
    }

    /// Skips to the next byte that is not visible ASCII or a space, eight bytes at a time, or to the last seven bytes.
    private mutating func skipVisible() {
        EightBytes.skip(self.bytes, from: &self.position) { eight in
            eight.marks(below: 0x20) | eight.marks(of: 0x7F) | eight.nonASCIIMarks
        }
    }

    /// Records the fields that control the message's framing and the connection.
    private mutating func note(name: Range<Int>, value: Range<Int>) throws(Stop) {
        switch name.count {
        case 4:
            if self.isName(name, "host") { try self.noteHost(value) }
        case 6:
            if self.isName(name, "expect") { throw .notPlain }
        case 7:
            if self.isName(name, "trailer") { throw .notPlain }
            if self.isName(name, "upgrade") { try self.noteUpgrade(value) }
        case 10:
            if self.isName(name, "connection") { try self.noteConnection(value) }
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

    private mutating func noteHost(_ value: Range<Int>) throws(Stop) {
        for index in value where !ASCIISet.isHost(self.bytes[index]) { throw .notPlain }
        self.hosts += 1
    }

    private mutating func noteUpgrade(_ value: Range<Int>) throws(Stop) {
        guard !self.offersWebSocket, self.isName(value, "websocket") else { throw .notPlain }
        self.offersWebSocket = true
    }

    /// Accepts the two forms that WebSocket clients and browsers send.
    private mutating func noteConnection(_ value: Range<Int>) throws(Stop) {
        if self.isName(value, "keep-alive") { return }
        let token = value.suffix(7)
        guard !self.offersUpgrade, self.isName(token, "upgrade"),
            token.count == value.count || self.isKeepAlive(before: token, in: value)
        else { throw .notPlain }
        self.offersUpgrade = true
    }

    /// Whether everything before a list's last token is `keep-alive, `.
    private func isKeepAlive(before token: Range<Int>, in value: Range<Int>) -> Bool {
        let comma = token.lowerBound - 2
        return comma > value.lowerBound && self.bytes[comma] == UInt8(ascii: ",")
            && self.bytes[comma + 1] == UInt8(ascii: " ")
            && self.isName(value.lowerBound..<comma, "keep-alive")
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

    /// Whether the bytes are this word of letters and hyphens, ignoring case.
    private func isName(_ range: Range<Int>, _ word: StaticString) -> Bool {
        FieldName.matches(UnsafeRawBufferPointer(rebasing: self.bytes[range]), word)
    }

    private func peek() throws(Stop) -> UInt8 {
        guard self.position < self.bytes.count else { throw .incomplete }
        return self.bytes[self.position]
    }

    private mutating func read(_ literal: StaticString) throws(Stop) {
        let count = literal.utf8CodeUnitCount
        let available = min(count, self.bytes.count - self.position)
        for offset in 0..<available where self.bytes[self.position + offset] != literal.utf8Start[offset] {
            throw .notPlain
        }
        guard available == count else { throw .incomplete }
        self.position += count
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
    }
}
