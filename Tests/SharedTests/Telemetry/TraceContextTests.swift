// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOHTTP1
import SeededRandom
import Testing

@testable import Shared

/// W3C Trace Context, level 1.
@Suite struct TraceContextTests {
    private static let text = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    /// What is written is what was read.
    @Test func readAndWritten() throws {
        let context = try #require(TraceContext(Self.text))
        #expect(context.description == Self.text)
        #expect(context.trace.description == "0af7651916cd43dd8448eb211c80319c")
        #expect(context.span == 0xb7ad_6b71_6920_3331 && context.isSampled)
    }

    /// Of the flags only the first is known, and the others are not passed on (section 3.2.2.5.2).
    @Test(arguments: [("00", false), ("01", true), ("02", false), ("ff", true)])
    func flags(text: String, isSampled: Bool) throws {
        let context = try #require(TraceContext(Self.text.dropLast(2) + text))
        #expect(context.isSampled == isSampled)
        #expect(context.description.hasSuffix(isSampled ? "-01" : "-00"))
    }

    /// A later version is read as far as it is alike (section 3.2.2.2), and written as this one.
    @Test func laterVersions() throws {
        for text in ["01" + Self.text.dropFirst(2), "fe" + Self.text.dropFirst(2) + "-more"] {
            #expect(TraceContext(text)?.description == Self.text)
        }
        #expect(TraceContext("01" + Self.text.dropFirst(2) + "more") == nil)
    }

    /// Anything else is none.
    @Test(arguments: [
        "", "00", "00-T-S", "00-T-S-1", "00-T-S-01-", "00-T-S-010", "ff-T-S-01",
        "00-0AF7651916CD43DD8448EB211C80319C-S-01",
        "00-00000000000000000000000000000000-S-01", "00-T-0000000000000000-01", "00_T-S-01", "00-T_S-01", "00-T-S_01",
        "00-0af7651916cd43dd8448eb211c80319g-S-01", "0g-T-S-01", "00-T-S-0x", " 00-T-S-0", "00-T-B7AD6B7169203331-01",
        "日日日日日日日日日日日日日日日日日日日日",
    ])
    func refused(text: String) {
        let text = text.replacing("T", with: "0af7651916cd43dd8448eb211c80319c").replacing(
            "S",
            with: "b7ad6b7169203331"
        )
        #expect(TraceContext(text) == nil, "\(text)")
    }

    /// Whatever comes, nothing traps, and what is taken is what the grammar takes.
    @Test func fuzz() throws {
        var random = SeededRandom(for: "TraceContextTests.fuzz")
        let grammar = #/00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}/#
        let later = #/([0-9a-f]{2})-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(-[\s\S]*)?/#
        let end = ContinuousClock.now + .seconds(1)
        var taken = 0
        while ContinuousClock.now < end {
            var bytes = Array(Self.text.utf8)
            for _ in 0..<Int.random(in: 0...2, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0...4, using: &random) {
                case 0: bytes.remove(at: place)
                case 1: bytes.insert("0123456789abcdefg-".utf8.randomElement(using: &random) ?? 0, at: place)
                case 2: bytes[place] = UInt8.random(in: 0...0x7F, using: &random)
                default: bytes[place] = "0123456789abcdef-".utf8.randomElement(using: &random) ?? 0
                }
            }
            let text = String(decoding: bytes, as: UTF8.self)
            let context = TraceContext(text)
            let hasForm =
                text.wholeMatch(of: grammar) != nil
                || text.wholeMatch(of: later).map { $0.output.1 != "00" && $0.output.1 != "ff" } ?? false
            if hasForm, text.dropFirst(3).prefix(32).contains(where: { $0 != "0" }),
                text.dropFirst(36).prefix(16).contains(where: { $0 != "0" })
            {
                #expect(
                    context?.description.dropFirst(2).prefix(50) == text.dropFirst(2).prefix(50),
                    "\(random) \(text)"
                )
                taken += 1
            } else {
                #expect(context == nil, "\(random) \(text)")
            }
        }
        #expect(taken > 100)
    }

    /// A request says it once, in any case, with white space around it; a second word makes it none.
    @Test func fields() {
        #expect(EventTrace(["Traceparent": " \(Self.text) "] as HTTPHeaders)?.context.description == Self.text)
        #expect(EventTrace(HTTPHeaders()) == nil)
        #expect(EventTrace(HTTPHeaders([("traceparent", Self.text), ("traceparent", Self.text)])) == nil)
        let state: HTTPHeaders = ["traceparent": Self.text, "tracestate": "a=1, b=2", "TraceState": "c=3"]
        #expect(EventTrace(state)?.state.text == "a=1,b=2,c=3")
        let broken: HTTPHeaders = ["traceparent": Self.text, "tracestate": "a=1,a=2"]
        #expect(EventTrace(broken)?.state == TraceState.none)
    }
}

@Suite struct TraceStateTests {
    /// Members pass as they are, without the white space around them and without empty ones.
    @Test(arguments: [
        ([], ""), (["a=1"], "a=1"), ([" a=1 ,\tb=x y,, "], "a=1,b=x y"), (["0a@b=1", "x*/_-9=!"], "0a@b=1,x*/_-9=!"),
    ])
    func taken(values: [String], text: String) {
        #expect(TraceState(values)?.text == text)
    }

    /// What is broken, or too much, is dropped as a whole.
    @Test(arguments: [
        ["a"], ["a="], ["=1"], ["A=1"], ["1a=1"], ["a=1=2"], ["a=ü"], ["a@=1"], ["a@b@c=1"], ["a=1", "a=2"],
        ["a=" + String(repeating: "x", count: 257)], [String(repeating: "k", count: 257) + "=1"],
        (0..<33).map { "k\($0)=1" }, [String(repeating: " ", count: 513)],
    ])
    func dropped(values: [String]) {
        #expect(TraceState(values) == nil)
    }
}

@Suite struct TracerTests {
    private struct NoSink: SpanSink {
        func record(_ span: TraceSpan) {}
    }

    /// Whoever began a trace has decided whether it is recorded; of the others, the share.
    @Test func sampling() throws {
        let all = Tracer(sink: NoSink())
        let none = Tracer(sink: NoSink(), sample: 0)
        #expect(none.begin(nil) == nil)
        let root = try #require(all.begin(nil))
        #expect(root.isSampled)
        let child = try #require(none.begin(EventTrace(root)))
        #expect(child.trace == root.trace && child.span != root.span)
        let silent = TraceContext(trace: root.trace, span: 1, isSampled: false)
        #expect(all.begin(EventTrace(silent)) == nil && all.child(of: silent) == nil)
        let half = Tracer(sink: NoSink(), sample: 0.5)
        let count = (0..<2_000).count { _ in half.begin(nil) != nil }
        #expect((800...1_200).contains(count))
    }
}
