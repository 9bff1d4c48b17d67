// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Logging
import NIOCore
import NIOEmbedded
import NIOHTTP1
import Shared
import Synchronization
import Testing

@testable import Ingress

/// What an ingress node records of a request.
@Suite struct RequestTraceTests {
    private static let incoming = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    private final class Spans: SpanSink {
        private let spans = Mutex<[TraceSpan]>([])
        var all: [TraceSpan] { self.spans.withLock { $0 } }
        func record(_ span: TraceSpan) { self.spans.withLock { $0.append(span) } }
    }

    private final class Node {
        let loop = EmbeddedEventLoop()
        let spans = Spans()
        let broker: StubBroker
        let waiting: WaitingReplies
        let webhook: Webhook<Generic>

        init(_ broker: StubBroker, sample: Double = 1, isTracing: Bool = true) {
            let loop = self.loop
            self.broker = broker
            self.waiting = WaitingReplies(now: { loop.now })
            self.webhook = Webhook(
                platform: Generic(configuration: IngressConfiguration(), clock: Clock { 1_700_000_000_000 }),
                broker: broker,
                waiting: self.waiting,
                eventLoop: loop,
                tracer: isTracing ? Tracer(sink: self.spans, sample: sample) : nil,
                logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
            )
        }

        func send(traceparent: String? = nil, reply: Bool = false, secret: String = "s") {
            var request = WebhookRequest("generic", query: [("secret", secret), ("scheme", "none")])
            if reply { request[query: "reply"] = "1" }
            request[header: "traceparent"] = traceparent
            _ = self.webhook.respond(to: request.request)
            self.loop.run()
        }
    }

    /// The request's trace goes on: publish below receive, receive below what the request names, and the event below publish.
    @Test func continued() throws {
        let node = Node(StubBroker(feeds: 1))
        node.send(traceparent: Self.incoming)
        let context = try #require(TraceContext(Self.incoming))
        let spans = node.spans.all
        try #require(spans.map(\.name) == [.publish, .receive])
        #expect(spans.allSatisfy { $0.context.trace == context.trace && $0.failure == nil && $0.start <= $0.end })
        #expect(spans[1].parent == context.span && spans[0].parent == spans[1].context.span)
        #expect(node.broker.published[0].event.trace?.context == spans[0].context)
        #expect(spans[1].start <= spans[0].start)
    }

    /// A request that brings none begins one, as often as is asked for; one that is not recorded elsewhere is not here.
    @Test func begun() throws {
        let node = Node(StubBroker(feeds: 1))
        node.send()
        #expect(node.spans.all.map(\.parent).last == .some(nil))
        let silent = Node(StubBroker(feeds: 1), sample: 0)
        silent.send()
        silent.send(traceparent: Self.incoming.dropLast(2) + "00")
        #expect(silent.spans.all.isEmpty && silent.broker.published.allSatisfy { $0.event.trace == nil })
        #expect(silent.broker.published[1].event.headers.first(name: "traceparent") != nil)
    }

    /// Without a tracer nothing is recorded, and the request's own word travels among its fields.
    @Test func switchedOff() {
        let node = Node(StubBroker(feeds: 1), isTracing: false)
        node.send(traceparent: Self.incoming)
        #expect(node.spans.all.isEmpty && node.broker.published[0].event.trace == nil)
        #expect(node.broker.published[0].event.headers.first(name: "traceparent") == Self.incoming)
    }

    /// A store that fails is a failure of both spans, and a request that is refused begins no trace: anybody can send those.
    @Test func failures() throws {
        let node = Node(StubBroker(.unavailable))
        node.send()
        #expect(node.spans.all.map(\.failure) == ["unavailable", "unavailable"])
        let refusing = Node(StubBroker(feeds: 1))
        refusing.send(traceparent: Self.incoming, secret: "")
        #expect(refusing.spans.all.isEmpty)
    }

    /// A request that waits for its bot ends with the reply.
    @Test func replies() throws {
        let node = Node(StubBroker(feeds: 1))
        node.send(reply: true)
        #expect(node.spans.all.map(\.name) == [.publish])
        let offer = try #require(node.broker.published[0].event.reply)
        #expect(node.broker.published[0].event.trace?.context == node.spans.all[0].context)
        #expect(node.waiting.receive(.text("hi"), for: offer.token) == .accepted)
        node.loop.run()
        try #require(node.spans.all.map(\.name) == [.publish, .receive])
        let outcome = node.spans.all[1].attributes.first { $0.key == "hookwire.outcome" }?.value
        #expect(outcome == .text("replied"))
    }
}
