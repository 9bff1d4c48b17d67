// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Logging
import NIOCore
import NIOPosix
import Shared
import Testing

@testable import OTLP

@Suite struct OTLPJSONTests {
    /// The body is what the specification says, to the letter: ids as digits, large numbers as text, kinds as numbers.
    @Test func body() throws {
        let root = try #require(TraceContext("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"))
        let child = TraceContext(trace: root.trace, span: 0x0A, isSampled: true)
        let spans = [
            TraceSpan(
                .publish,
                context: child,
                parent: root.span,
                state: try #require(TraceState(["a=1"])),
                start: 1_700_000_000_000_000_001,
                end: 1_700_000_000_000_000_002,
                attributes: [("hookwire.platform", .text("qq")), ("hookwire.sockets", .number(3))],
                failure: "timeout"
            ),
            // A clock that was set back.
            TraceSpan(.receive, context: root, parent: nil, start: 5, end: 4),
        ]
        let text = String(decoding: OTLPJSON.encode(spans, resource: [("service.name", "hook\"wire")]), as: UTF8.self)
        #expect(
            text == #"{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"#
                + #""hook\"wire"}}]},"scopeSpans":[{"scope":{"name":"hookwire"},"spans":[{"traceId":"#
                + #""0af7651916cd43dd8448eb211c80319c","spanId":"000000000000000a","parentSpanId":"b7ad6b7169203331","#
                + #""traceState":"a=1","name":"publish","kind":4,"startTimeUnixNano":"1700000000000000001","#
                + #""endTimeUnixNano":"1700000000000000002","attributes":[{"key":"hookwire.platform","value":"#
                + #"{"stringValue":"qq"}},{"key":"hookwire.sockets","value":{"intValue":"3"}}],"status":{"code":2,"#
                + #""message":"timeout"}},{"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203331","#
                + #""name":"receive","kind":2,"startTimeUnixNano":"5","endTimeUnixNano":"5","attributes":[]}]}]}]}"#
        )
    }
}

@Suite struct ExportRetriesTests {
    private static var configuration: OTLPConfiguration {
        var configuration = OTLPConfiguration(endpoint: "http://localhost")
        configuration.attempts = 4
        configuration.longestPause = .seconds(3)
        return configuration
    }

    /// Pauses double up to a bound, heed what the collector asks for within it, and end.
    @Test func pauses() {
        var retries = ExportRetries(Self.configuration)
        #expect(retries.answered(.later(nil)) == .wait(.seconds(1)))
        #expect(retries.answered(.later(.seconds(60))) == .wait(.seconds(3)))
        #expect(retries.answered(.later(.zero)) == .wait(.seconds(3)))
        #expect(retries.answered(.later(nil)) == .giveUp(.unreachable))
        var other = ExportRetries(Self.configuration)
        #expect(other.answered(.refused) == .giveUp(.refused))
        #expect(other.answered(.accepted(rejected: 2)) == .done(rejected: 2))
    }

    /// Which statuses are worth another try (OTLP specification, "Failures").
    @Test func statuses() {
        #expect(ExportAnswer(status: 200, retryAfter: nil, rejected: 1) == .accepted(rejected: 1))
        for status: UInt in [429, 502, 503, 504] {
            #expect(ExportAnswer(status: status, retryAfter: "7") == .later(.seconds(7)))
        }
        for text in ["-1", "Fri, 31 Dec 1999 23:59:59 GMT", "99999999999999999999"] {
            #expect(ExportAnswer(status: 503, retryAfter: text) == .later(nil))
        }
        for status: UInt in [301, 400, 401, 404, 500] {
            #expect(ExportAnswer(status: status, retryAfter: "7") == .refused)
        }
    }

    /// How many of a batch a collector has refused; whatever else it says is none.
    @Test(arguments: [
        ("{}", 0), ("", 0), (#"{"partialSuccess":{"rejectedSpans":"3","errorMessage":"x"}}"#, 3),
        (#"{"partialSuccess":{"rejectedSpans":4}}"#, 4), (#"{"partialSuccess":{"rejectedSpans":"-1"}}"#, 0),
        (#"{"partialSuccess":[]}"#, 0), (#"{"partialSuccess":{"rejectedSpans":1.5}}"#, 0),
    ])
    func rejections(body: String, count: Int) {
        #expect(OTLPExporter.rejected(in: ByteBuffer(string: body)) == count)
    }
}

@Suite struct SpanQueueTests {
    /// What there is no room for is not taken; the oldest go first.
    @Test func bounds() throws {
        let context = try #require(TraceContext("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"))
        var queue = SpanQueue(limit: 3)
        for start: UInt64 in 1...4 {
            #expect(
                queue.append(TraceSpan(.receive, context: context, parent: nil, start: start, end: 9)) == (start < 4)
            )
        }
        #expect(queue.take(2).map(\.start) == [1, 2] && queue.count == 1)
        #expect(queue.take(2).map(\.start) == [3] && queue.take(2).isEmpty)
    }
}

@Suite struct OTLPExporterTests {
    /// A collector that is not there holds nobody up: recording never waits, and the end comes in its time.
    @Test func unreachable() async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        let context = try #require(TraceContext("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"))
        var configuration = OTLPConfiguration(endpoint: "http://127.0.0.1:1")
        configuration.queueLimit = 10
        configuration.interval = .milliseconds(10)
        let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        let exporter = OTLPExporter(configuration: configuration, group: group, logger: logger)
        for start: UInt64 in 0..<1_000 {
            exporter.record(TraceSpan(.receive, context: context, parent: nil, start: start))
        }
        await exporter.shutdown(within: .milliseconds(300))
    }
}
