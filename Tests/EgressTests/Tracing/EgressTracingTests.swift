// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOEmbedded
import NIOHTTP1
import Shared
import Synchronization
import Testing

@testable import Egress

/// What an egress node records of events and replies.
@Suite struct EgressTracingTests {
    private static let context = TraceContext("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")

    private final class Spans: SpanSink {
        private let spans = Mutex<[TraceSpan]>([])
        var all: [TraceSpan] { self.spans.withLock { $0 } }
        func record(_ span: TraceSpan) { self.spans.withLock { $0.append(span) } }
    }

    private let spans = Spans()
    private let tracing: EgressTracing

    init() {
        self.tracing = EgressTracing(Tracer(sink: self.spans))
    }

    private func entry(_ offset: UInt64, traced: Bool, reply: ReplyOffer? = nil) throws -> LogEntry {
        let event = EnvelopeSample.event(reply: reply)
        let context = try #require(Self.context)
        return LogEntry(position: .sample(offset), event: traced ? event.with(trace: EventTrace(context)) : event)
    }

    /// A round is one span an event, however many sockets have it, and the envelope names it.
    @Test func rounds() throws {
        let group = ChannelFanOut(
            channel: EnvelopeSample.channel,
            broker: nil,
            tracing: self.tracing,
            eventLoop: EmbeddedEventLoop()
        )
        let members = (0..<3).map { _ in RecordingMember() }
        for member in members { group.add(member) }
        group.enqueue(try self.entry(1, traced: true))
        group.enqueue(try self.entry(2, traced: false))
        while !group.takeTurn(limit: 2).isDone {}
        let span = try #require(self.spans.all.first)
        #expect(self.spans.all.count == 1 && span.name == .deliver && span.parent == Self.context?.span)
        #expect(span.attributes.first { $0.key == "hookwire.sockets" }?.value == .number(3))
        // Nobody is there: nothing was delivered.
        for member in members { group.remove(member) }
        group.enqueue(try self.entry(3, traced: true))
        while !group.takeTurn(limit: 2).isDone {}
        #expect(self.spans.all.count == 1)
    }

    /// The envelope of an event has its trace: where it was recorded last, or what the request said.
    @Test func envelopes() throws {
        let traced = self.tracing.begin([try self.entry(1, traced: true)]).entries[0].event
        let members = try EnvelopeSample.members(traced)
        #expect(members["traceparent"] as? String == traced.trace?.context.description)
        #expect(traced.trace?.context != Self.context && traced.trace?.context.trace == Self.context?.trace)
        let text = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"
        let event = Event(
            platform: "generic",
            receivedAt: 0,
            headers: ["traceparent": text, "tracestate": "a=1"],
            body: ByteBuffer(),
            bodyIsUTF8: true
        )
        #expect(try EnvelopeSample.members(event)["traceparent"] as? String == text)
        #expect(try EnvelopeSample.members(event)["tracestate"] as? String == "a=1")
        #expect(try EnvelopeSample.members(EnvelopeSample.event())["traceparent"] == nil)
        // What the request said is recorded too, unless it says that nobody does.
        #expect(self.tracing.begin([LogEntry(position: .sample(1), event: event)]).passages.isEmpty)
    }

    /// A reply is below the span that the bot names, or below the delivery that offered it; never in a trace of others.
    @Test func replies() throws {
        let offer = ReplyOffer(token: EnvelopeSample.token, deadline: 1)
        let traced = self.tracing.begin([try self.entry(1, traced: true, reply: offer)]).entries[0].event
        let delivery = try #require(traced.trace?.context)
        self.tracing.reply(to: offer.token, below: nil, by: .raw)?.ended(.accepted)
        let bot = TraceContext(trace: delivery.trace, span: 7, isSampled: true)
        self.tracing.reply(to: offer.token, below: bot, by: .envelope)?.ended(.unavailable)
        let other = TraceContext("00-1af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
        self.tracing.reply(to: offer.token, below: other, by: .http)?.ended(.late)
        #expect(self.spans.all.map(\.parent) == [delivery.span, 7, delivery.span])
        #expect(self.spans.all.allSatisfy { $0.name == .reply && $0.context.trace == delivery.trace })
        #expect(self.spans.all.map(\.failure) == [nil, "unavailable", nil])
        // Of an event that this node has not delivered only the bot knows.
        let unknown = ReplyToken.random(node: NodeID(rawValue: 1))
        #expect(self.tracing.reply(to: unknown, below: nil, by: .http) == nil)
        #expect(self.tracing.reply(to: unknown, below: bot, by: .http)?.parent == 7)
    }

    /// Who makes up a token has no span in the trace that it names.
    @Test(arguments: ReplyVerdict.allCases)
    func madeUpReplies(verdict: ReplyVerdict) throws {
        let named = TraceContext("00-1af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
        let token = ReplyToken.random(node: NodeID(rawValue: 1))
        let trace = try #require(self.tracing.reply(to: token, below: named, by: .http))
        trace.ended(verdict)
        #expect(self.spans.all.count == ([.accepted, .second, .late].contains(verdict) ? 1 : 0))
    }

    /// What stands in a frame is read where it is there and is one.
    @Test(arguments: [
        (#"{"type":"reply","token":"t","text":"x"}"#, false),
        (#"{"type":"reply","traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}"#, true),
        (#"{"traceparent":7}"#, false), (#"{"traceparent":"00-x"}"#, false), ("{", false),
    ])
    func frames(text: String, isThere: Bool) {
        #expect(EnvelopeRequest.traceContext(in: ByteBuffer(string: text)) == (isThere ? Self.context : nil))
    }
}
