// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOCore
import Testing

@testable import RedisBroker

/// What is no RESP2, or too much of it, ends the connection before it costs anything.
@Suite struct RESPLimitsTests {
    private static var limits: RESPLimits {
        var limits = RESPLimits()
        limits.bulkBytes = 1_000
        limits.replyBytes = 3_000
        limits.elements = 10
        limits.nesting = 3
        limits.lineBytes = 20
        return limits
    }

    /// Each way to be wrong has its name, whatever the pieces, and is found before the rest has come.
    @Test(arguments: [
        Input("hello\r\n", RESPViolation.unknownType),
        Input("HTTP/1.1 400 Bad Request\r\n", .unknownType),
        Input("\r\n", .unknownType),
        Input("%1\r\n", .unknownType),
        Input(">2\r\n", .unknownType),
        Input("\u{15}\u{3}\u{3}", .unknownType),
        Input("$", nil),
        Input("$\r\n", .malformed),
        Input("$-\r\n", .malformed),
        Input("$-2\r\n", .malformed),
        Input("$-0\r\n", .malformed),
        Input("$--1\r\n", .malformed),
        Input("$1-\r\n", .malformed),
        Input("$+1\r\n", .malformed),
        Input("$ 1\r\n", .malformed),
        Input("$1\n", .malformed),
        Input("$1\rx", .malformed),
        Input("$01\r\nx\r\n", .malformed),
        Input("$-01\r\n", .malformed),
        Input("$3\r\nabcd\r\n", .malformed),
        Input("$3\r\nabc\rx", .malformed),
        Input("$3\r\nabcd\n+", .malformed),
        Input("$1000", nil),
        Input("$1001\r\n", .bulkTooLong),
        Input("$536870912\r\n", .bulkTooLong),
        Input("$9223372036854775807\r\n", .bulkTooLong),
        Input("$18446744073709551616\r\n", .bulkTooLong),
        Input("$99999999999999999999999999\r\n", .bulkTooLong),
        Input("*1\r\n$1001\r\n", .bulkTooLong),
        Input("*-2\r\n", .malformed),
        Input("*x\r\n", .malformed),
        Input("*11\r\n", .tooManyElements),
        Input("*1000000000\r\n", .tooManyElements),
        Input("*9999999999999999999999\r\n", .tooManyElements),
        Input("*2\r\n*8\r\n", nil),
        Input("*2\r\n*9\r\n", .tooManyElements),
        Input("*2\r\n*4\r\n:1\r\n:2\r\n:3\r\n:4\r\n*5\r\n", .tooManyElements),
        Input("*1\r\n*1\r\n*1\r\n", nil),
        Input("*1\r\n*1\r\n*1\r\n*", .tooDeep),
        Input(":x\r\n", .malformed),
        Input(":\r\n", .malformed),
        Input(":9223372036854775808\r\n", .malformed),
        Input(":1\n", .malformed),
        Input("+a\nb\r\n", .malformed),
        Input("+a\rb\r\n", .malformed),
        Input("+\(String(repeating: "x", count: 20))", nil),
        Input("+\(String(repeating: "x", count: 21))", .lineTooLong),
        Input(":\(String(repeating: "0", count: 21))", .lineTooLong),
        Input(
            "*9\r\n" + String(repeating: "$900\r\n\(String(repeating: "x", count: 900))\r\n", count: 4),
            .replyTooLong
        ),
        Input(
            "*4\r\n" + String(repeating: "$900\r\n\(String(repeating: "x", count: 900))\r\n", count: 3) + "$900\r\n",
            .replyTooLong
        ),
    ])
    fileprivate func violations(_ input: Input) {
        for size in [Int.max, 1, 3] {
            var found: RESPViolation?
            do {
                _ = try RESPReader(limits: Self.limits).all(input.text, pieces: size)
            } catch {
                found = error as? RESPViolation
            }
            #expect(found == input.violation, "in pieces of \(size)")
        }
    }

    /// A limit is one reply's: any number of replies may follow one another.
    @Test func limitsAreOneReplys() throws {
        let body = String(repeating: "x", count: 1_000)
        let reply = "*9\r\n$1000\r\n\(body)\r\n$1000\r\n\(body)\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n"
        #expect(try RESPReader(limits: Self.limits).all(String(repeating: reply, count: 50)).count == 50)
    }

    /// After a violation nothing comes any more, not even what would be in order.
    @Test func staysBroken() throws {
        let reader = RESPReader(limits: Self.limits)
        var input = ByteBuffer(string: "!")
        #expect(throws: RESPViolation.unknownType) { try reader.next(from: &input) }
        var next = ByteBuffer(string: "+OK\r\n")
        #expect(throws: RESPViolation.unknownType) { try reader.next(from: &next) }
    }

    /// hiredis takes the deepest nesting that the limits allow, and the limits say no before hiredis has to.
    @Test func deepestNesting() throws {
        var limits = RESPLimits()
        limits.nesting = 8
        let deep = String(repeating: "*1\r\n", count: 8) + ":1\r\n"
        var value = try #require(try RESPReader(limits: limits).all(deep).first)
        for _ in 0..<8 {
            guard case .array(let elements) = value else { break }
            value = elements[0]
        }
        #expect(value == .integer(1))
        #expect(throws: RESPViolation.tooDeep) { try RESPReader(limits: limits).all("*1\r\n" + deep) }
        #expect(throws: RESPViolation.tooDeep) { try RESPReader().all(deep) }
    }

    /// A length line reserves nothing: hiredis would take eight bytes at once for each element that it announces.
    @Test(arguments: ["$536870912\r\n", "$60000000\r\n", "*1000000000\r\n", "*2147483647\r\n", "*1\r\n*1000000000\r\n"])
    func announcementsAreFree(text: String) throws {
        let before = try Self.addressSpace()
        let readers = (0..<8).map { _ in RESPReader() }
        for reader in readers { _ = try? reader.all(text + "x") }
        // Other tests run at the same time, and start threads.
        #expect(try Self.addressSpace() - before < 4 << 30)
        withExtendedLifetime(readers) {}
    }

    /// The bytes of address space that the process has.
    private static func addressSpace() throws -> Int {
        let pages = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).prefix { $0 != " " }
        return try #require(Int(pages)) * 4_096
    }
}

/// Bytes that are wrong in one way, or in none yet.
private struct Input: CustomTestStringConvertible {
    var text: String
    var violation: RESPViolation?

    init(_ text: String, _ violation: RESPViolation?) {
        self.text = text
        self.violation = violation
    }

    var testDescription: String {
        let shown = self.text.prefix(40).debugDescription
        return "\(shown): \(self.violation?.rawValue ?? "nothing")"
    }
}
