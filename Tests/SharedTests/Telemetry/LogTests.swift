// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import Logging
import NIOCore
import Synchronization
import Testing

@testable import Shared

@Suite struct LogBudgetTests {
    private static func at(_ milliseconds: Int64) -> NIODeadline {
        .uptimeNanoseconds(1_000_000_000) + .milliseconds(milliseconds)
    }

    /// So many at once, then so many a second; who comes next says how many were left out.
    @Test func budget() {
        var budget = LogBudget(burst: 2, perSecond: 2, now: Self.at(0))
        #expect(budget.take(now: Self.at(0)) == 0)
        #expect(budget.take(now: Self.at(1)) == 0)
        for _ in 0..<3 { #expect(budget.take(now: Self.at(2)) == nil) }
        #expect(budget.take(now: Self.at(499)) == nil)
        #expect(budget.take(now: Self.at(502)) == 4)
        #expect(budget.take(now: Self.at(503)) == nil)
        // A quiet time fills it up to the burst and no further.
        #expect(budget.take(now: Self.at(60_000)) == 1)
        #expect(budget.take(now: Self.at(60_000)) == 0)
        #expect(budget.take(now: Self.at(60_000)) == nil)
    }
}

@Suite struct JSONLogHandlerTests {
    /// A line is one JSON object whatever is in it, and its own members cannot be overwritten.
    @Test func line() throws {
        let line = JSONLogHandler.line(
            time: 1_700_000_000_123,
            level: .warning,
            label: "hookwire",
            message: "a \"line\"\nof two",
            metadata: [
                "message": "mine", "nested": ["a": ["b", "c"], "d": .stringConvertible(7)], "odd\u{1}": "\u{2028}",
            ]
        )
        #expect(line.last == 0x0A && line.count { $0 == 0x0A } == 1)
        let object = try #require(try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any])
        #expect(object["time"] as? String == "2023-11-14T22:13:20.123Z")
        #expect(object["level"] as? String == "warning" && object["logger"] as? String == "hookwire")
        #expect(object["message"] as? String == "a \"line\"\nof two" && object["message_"] as? String == "mine")
        let nested = try #require(object["nested"] as? [String: Any])
        #expect(nested["a"] as? [String] == ["b", "c"] && nested["d"] as? String == "7")
        #expect(object["odd\u{1}"] as? String == "\u{2028}")
    }

    /// A logger's own metadata, and that of a line, which goes before it.
    @Test func metadata() throws {
        final class Output: Sendable {
            let lines = Mutex<[[UInt8]]>([])
        }
        let output = Output()
        var logger = Logger(label: "x") { label in
            JSONLogHandler(label: label, now: { 0 }) { line in output.lines.withLock { $0.append(line) } }
        }
        logger[metadataKey: "a"] = "1"
        logger[metadataKey: "b"] = "2"
        logger.info("hi", metadata: ["b": "3"])
        logger.debug("not said")
        let written = output.lines.withLock { $0.map { String(decoding: $0, as: UTF8.self) } }
        #expect(
            written == [
                #"{"time":"1970-01-01T00:00:00.000Z","level":"info","logger":"x","message":"hi","a":"1","b":"3"}"#
                    + "\n"
            ]
        )
    }
}

@Suite struct LogOutletTests {
    private func write(_ text: String, to outlet: LogOutlet, _ descriptor: Int32) {
        outlet.write { _ = text.withCString { Glibc.write(descriptor, $0, strlen($0)) } }
    }

    private func read(_ descriptor: Int32) -> String {
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = Glibc.read(descriptor, &bytes, bytes.count)
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }

    /// Whoever writes does not wait for a reader that has stopped: lines are dropped until there is room, and then come in
    /// order again.
    @Test func nobodyReads() throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        defer { for end in ends { close(end) } }
        let outlet = LogOutlet(descriptor: ends[1], patience: 1)
        let line = String(repeating: "x", count: 999) + "\n"
        var count = 0
        while outlet.dropped == 0 {
            self.write(line, to: outlet, ends[1])
            count += 1
            try #require(count < 10_000, "a pipe has an end")
        }
        for _ in 0..<9 { self.write("lost\n", to: outlet, ends[1]) }
        #expect(outlet.dropped == 10)
        #expect(self.read(ends[0]) == String(repeating: line, count: count - 1))
        for text in ["one\n", "two\n"] { self.write(text, to: outlet, ends[1]) }
        #expect(self.read(ends[0]) == "one\ntwo\n")
        #expect(outlet.dropped == 10)
    }

    /// A file always has room, and what cannot be written to at all holds nobody up either.
    @Test func noPipe() throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        close(ends[0])
        close(ends[1])
        let outlet = LogOutlet(descriptor: ends[1])
        var isAsked = false
        outlet.write { isAsked = true }
        #expect(isAsked && outlet.dropped == 0)
    }

    /// A handler behind an outlet is the same handler.
    @Test func handler() throws {
        let descriptor = open("/dev/null", O_WRONLY)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        let lines = Mutex<[String]>([])
        let json = JSONLogHandler(label: "l") { line in
            lines.withLock { $0.append(String(decoding: line, as: UTF8.self)) }
        }
        var logger = Logger(label: "l") { _ in OutletLogHandler(json, outlet: LogOutlet(descriptor: descriptor)) }
        logger.logLevel = .debug
        logger[metadataKey: "a"] = "1"
        logger.debug("first")
        logger.trace("never")
        logger.info("second", metadata: ["b": "2"])
        let written = lines.withLock { $0 }
        #expect(written.count == 2)
        #expect(written.allSatisfy { $0.contains(#""a":"1""#) })
        #expect(written.last?.contains("second") == true && written.last?.contains(#""b":"2""#) == true)
    }
}
