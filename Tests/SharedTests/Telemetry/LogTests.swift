// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Foundation
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
