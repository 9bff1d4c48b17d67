// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Shared
import Testing

@testable import RedisBroker

/// Commands to bytes.
@Suite struct RESPWriterTests {
    private func encode(_ command: RESPCommand) -> String {
        var output = ByteBuffer()
        RESPWriter.write(command, into: &output)
        return String(buffer: output)
    }

    /// An ordinary command, with each kind of argument.
    @Test func everyKindOfArgument() {
        let command = RESPCommand(
            "SET",
            "a",
            .string("é"),
            .bytes([0, 13, 10]),
            .buffer(ByteBuffer(string: "b")),
            .joined(ByteBuffer(string: "c"), ByteBuffer(string: "d")),
            .integer(-120),
            .secret(Secret("pass")),
            ""
        )
        let text = self.encode(command)
        let expected = [
            "*9", "$3", "SET", "$1", "a", "$2", "é", "$3", "\0\r\n", "$1", "b", "$2", "cd", "$4", "-120", "$4", "pass",
            "$0", "",
        ]
        #expect(text == expected.joined(separator: "\r\n") + "\r\n")
        #expect(command.byteCount == 3 + 1 + 2 + 3 + 1 + 2 + 4 + 4)
    }

    /// A command without arguments.
    @Test func noArguments() {
        #expect(self.encode(RESPCommand("PING")) == "*1\r\n$4\r\nPING\r\n")
    }

    /// What is encoded by hand after a prefix is byte for byte what hiredis makes.
    @Test(arguments: [0, 1, 9, 10, 99, 100, 600, 999, 1_000, 65_536])
    func prefixIsTheSame(length: Int) {
        let body = ByteBuffer(repeating: UInt8(ascii: "\r"), count: length)
        let fixed: [RESPArgument] = ["6b1bf486c81ceb7edf3c093f4c48582e38c0e791", .integer(3)]
        let varying: [RESPArgument] = [
            .string("hw:{7}:c:log"), .buffer(body), .joined(body, body), .integer(length),
            .bytes(Array(body.readableBytesView)),
            "0", "1", "2", "3", "4",
        ]
        let prefix = RESPCommandPrefix("EVALSHA", fixed, following: 10)
        let hot = prefix.command(
            varying[0],
            varying[1],
            varying[2],
            varying[3],
            varying[4],
            varying[5],
            varying[6],
            varying[7],
            varying[8],
            varying[9]
        )
        #expect(self.encode(hot) == self.encode(RESPCommand("EVALSHA", fixed + varying)))
    }

    /// Numbers in decimal, at their borders.
    @Test(arguments: [0, 1, 9, 10, 11, 99, 100, 101, 12_345, Int.max, -1, -9, -10, Int.min])
    func decimal(number: Int) {
        let digits = withUnsafeTemporaryAllocation(byteCount: 32, alignment: 1) { bytes in
            var cursor = RESPCursor(bytes)
            cursor.appendDecimal(number)
            return String(decoding: bytes.prefix(cursor.count), as: UTF8.self)
        }
        #expect(digits == "\(number)")
        #expect(RESPArgument.integer(number).count == digits.utf8.count)
    }

    /// Numbers in hexadecimal have all their digits.
    @Test(arguments: [0, 1, 0xA1, 0x0123_4567_89AB_CDEF, UInt64.max])
    func hexadecimal(number: UInt64) {
        let digits = String(number, radix: 16)
        let padded = String(repeating: "0", count: 16 - digits.utf8.count) + digits
        #expect(
            self.encode(RESPCommand("ECHO", .hexadecimal(number))) == self.encode(RESPCommand("ECHO", .string(padded)))
        )
    }

    /// A command tells its size, never its arguments.
    @Test func descriptionHidesArguments() {
        let command = RESPCommand("AUTH", .secret(Secret("hunter2")))
        #expect(!"\(command)".contains("hunter2"))
        #expect(!"\(RESPArgument.secret(Secret("hunter2")))".contains("hunter2"))
    }

    /// Several commands of a tick stand one after the other, and the buffer is used again for the next tick.
    @Test func output() {
        var output = RedisOutput()
        #expect(output.isEmpty)
        output.append(RESPCommand("PING"))
        output.append(RESPCommand("PING"))
        let first = output.take()
        output.written()
        #expect(output.isEmpty)
        output.append(RESPCommand("ROLE"))
        #expect(String(buffer: first) == "*1\r\n$4\r\nPING\r\n*1\r\n$4\r\nPING\r\n")
        #expect(String(buffer: output.take()) == "*1\r\n$4\r\nROLE\r\n")
    }
}
