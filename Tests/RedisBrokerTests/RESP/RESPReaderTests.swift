// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

@testable import RedisBroker

/// Bytes to replies.
@Suite struct RESPReaderTests {
    /// Each type of RESP2, and its borders.
    @Test(arguments: [
        Example("+OK\r\n", RESPValue.simpleString("OK")),
        Example("+\r\n", .simpleString("")),
        Example("-NOSCRIPT No matching script.\r\n", .error("NOSCRIPT No matching script.")),
        Example(":0\r\n", .integer(0)),
        Example(":9223372036854775807\r\n", .integer(.max)),
        Example(":-9223372036854775808\r\n", .integer(.min)),
        Example("$0\r\n\r\n", .bulk(ByteBuffer())),
        Example("$4\r\na\r\nb\r\n", .bulk(ByteBuffer(string: "a\r\nb"))),
        Example("$-1\r\n", .null),
        Example("*-1\r\n", .null),
        Example("*0\r\n", .array([])),
        Example("*2\r\n*-1\r\n*1\r\n$-1\r\n", .array([.null, .array([.null])])),
        Example(
            "*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$2\r\nhi\r\n",
            .array(["message", "c", "hi"].map { .bulk(ByteBuffer(string: $0)) })
        ),
        Example(
            "*2\r\n:1\r\n*2\r\n+a\r\n-ERR b\r\n",
            .array([.integer(1), .array([.simpleString("a"), .error("ERR b")])])
        ),
    ])
    fileprivate func everyType(_ example: Example) throws {
        let (text, value) = (example.text, example.value)
        #expect(try RESPReader().all(text) == [value])
        #expect(try RESPReader().all(text, pieces: 1) == [value])
        #expect(try RESPReader().all(text + text + text) == [value, value, value])
        #expect(try RESPReader().all(String(text.dropLast())) == [])
    }

    /// Where the pieces of the input end makes no difference, and neither does the 16 KiB at which it is cut.
    @Test(arguments: [1, 7, 1_000, 16_384, 20_000, 1_000_000])
    func anyPieces(size: Int) throws {
        let bodies = [0, 1, 1_023, 16_383, 16_384, 16_385, 70_000].map { String(repeating: "x", count: $0) }
        let text = bodies.map { "*2\r\n$\($0.utf8.count)\r\n\($0)\r\n:7\r\n" }.joined()
        let values = bodies.map { RESPValue.array([.bulk(ByteBuffer(string: $0)), .integer(7)]) }
        #expect(try RESPReader().all(text, pieces: size) == values)
    }

    /// A long bulk string arrives whole.
    @Test func longBulk() throws {
        let body = ByteBuffer(repeating: 0xAB, count: 8 << 20)
        var input = ByteBuffer(string: "$\(body.readableBytes)\r\n")
        input.writeImmutableBuffer(body)
        input.writeString("\r\n+next\r\n")
        let reader = RESPReader()
        #expect(try reader.next(from: &input) == .bulk(body))
        #expect(try reader.next(from: &input) == .simpleString("next"))
        #expect(try reader.next(from: &input) == nil)
    }

    /// The strings of a small reply share memory, and still are values of their own.
    @Test func sharedMemory() throws {
        var input = ByteBuffer(string: "*3\r\n$2\r\nab\r\n$0\r\n\r\n$3\r\ncde\r\n")
        guard case .array(let values) = try RESPReader().next(from: &input), case .bulk(var first) = values[0],
            case .bulk(let last) = values[2]
        else {
            Issue.record("no array of strings")
            return
        }
        first.writeString("XYZ")
        #expect(String(buffer: first) == "abXYZ")
        #expect(String(buffer: last) == "cde")
        #expect(values[1] == .bulk(ByteBuffer()))
    }

    /// Text that is not UTF-8 is repaired where it must be text, and left alone where it is bytes.
    @Test func invalidUTF8() throws {
        var input = ByteBuffer(bytes: Array("+".utf8) + [0xFF] + Array("\r\n$1\r\n".utf8) + [0xFF] + Array("\r\n".utf8))
        let reader = RESPReader()
        #expect(try reader.next(from: &input) == .simpleString("\u{FFFD}"))
        let bytes = try #require(try reader.next(from: &input))
        #expect(bytes == .bulk(ByteBuffer(bytes: [0xFF])))
        #expect(bytes.string == nil)
    }
}

extension RESPReader {
    /// All whole replies of a text that comes in pieces.
    func all(_ text: String, pieces size: Int = .max) throws -> [RESPValue] {
        try self.all(ByteBuffer(string: text), pieces: size)
    }

    /// All whole replies of bytes that come in pieces.
    func all(_ bytes: ByteBuffer, pieces size: Int = .max) throws -> [RESPValue] {
        var bytes = bytes
        var values: [RESPValue] = []
        while var piece = bytes.readSlice(length: min(size, bytes.readableBytes)), piece.readableBytes > 0 {
            while let value = try self.next(from: &piece) { values.append(value) }
            #expect(piece.readableBytes == 0)
        }
        return values
    }
}

/// A reply, and what is made of it.
private struct Example: CustomTestStringConvertible {
    var text: String
    var value: RESPValue

    init(_ text: String, _ value: RESPValue) {
        self.text = text
        self.value = value
    }

    var testDescription: String { self.text.debugDescription }
}
