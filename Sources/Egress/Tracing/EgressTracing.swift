// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOHTTP1
internal import Shared

/// Records an egress node's spans of traced events: `deliver`, a child of the publication, and `reply`, a child of that
/// or of the span that the bot names. Any thread.
package final class EgressTracing: Sendable {
    /// How events reached their sockets.
    enum Way: String, Sendable {
        /// Live: one span for all sockets of an event loop.
        case live
        /// From the log, for one socket.
        case log
        /// For a member of a group.
        case group
    }

    /// An event on its way to sockets.
    struct Passage {
        fileprivate var context: TraceContext
        fileprivate var parent: UInt64
        fileprivate var state: TraceState
        fileprivate var start: UInt64
        fileprivate var position: Position
        fileprivate var platform: String
    }

    private let tracer: Tracer
    /// The deliveries that offered a reply.
    private let offers = OfferedTraces()

    init(_ tracer: Tracer) {
        self.tracer = tracer
    }

    /// Events are to be written to sockets.
    ///
    /// - Returns: the events, with their trace moved on to the delivery, so that a bot's own spans are its children;
    ///   and the passages for `delivered`.
    func begin(_ entries: [LogEntry]) -> (entries: [LogEntry], passages: [Passage]) {
        var traced = entries
        var passages: [Passage] = []
        for index in traced.indices {
            let event = traced[index].event
            // An event without a recorded trace may still carry one in its header fields.
            guard let trace = event.trace ?? EventTrace(event.headers),
                let context = self.tracer.child(of: trace.context)
            else { continue }
            passages.append(
                Passage(
                    context: context,
                    parent: trace.context.span,
                    state: trace.state,
                    start: WallClock.nanoseconds(),
                    position: traced[index].position,
                    platform: event.platform
                )
            )
            traced[index].event = event.with(trace: trace.continued(at: context))
            if let offer = event.reply { self.offers.insert(context, for: offer.token) }
        }
        return (traced, passages)
    }

    /// The events were written.
    ///
    /// - Parameter sockets: to how many.
    func delivered(_ passages: [Passage], on channel: ChannelID, sockets: Int, _ way: Way) {
        guard sockets > 0 else { return }
        for passage in passages {
            self.tracer.record(
                TraceSpan(
                    .deliver,
                    context: passage.context,
                    parent: passage.parent,
                    state: passage.state,
                    start: passage.start,
                    attributes: [
                        ("hookwire.platform", .text(passage.platform)),
                        ("hookwire.channel", .text(channel.description)),
                        ("hookwire.position", .text(passage.position.description)),
                        ("hookwire.sockets", .number(Int64(sockets))),
                        ("hookwire.way", .text(way.rawValue)),
                    ]
                )
            )
        }
    }

    /// A bot replies.
    ///
    /// - Parameter named: the parent span that the bot gave for its reply.
    /// - Returns: nil if the reply's trace is unknown or not recorded.
    func reply(to token: ReplyToken, below named: TraceContext?, by way: ReplyMetrics.Way) -> ReplyTrace? {
        let delivery = self.offers.context(of: token)
        // A bot may name a span only within its own trace.
        let parent = named.flatMap { $0.trace == delivery?.trace || delivery == nil ? $0 : nil } ?? delivery
        guard let parent, let context = self.tracer.child(of: parent) else { return nil }
        return ReplyTrace(
            tracer: self.tracer,
            context: context,
            parent: parent.span,
            way: way,
            isOffered: delivery != nil
        )
    }
}

/// A traced reply in flight.
struct ReplyTrace: Sendable {
    let tracer: Tracer
    let context: TraceContext
    let parent: UInt64
    let way: ReplyMetrics.Way
    /// Whether this node has offered the reply. For another node's offer only the outcome proves it: anyone can invent
    /// a token, and name any trace.
    let isOffered: Bool
    let start = WallClock.nanoseconds()

    /// Its outcome is known.
    func ended(_ verdict: ReplyVerdict) {
        guard self.isOffered || verdict.provesToken else { return }
        self.tracer.record(
            TraceSpan(
                .reply,
                context: self.context,
                parent: self.parent,
                start: self.start,
                attributes: [
                    ("hookwire.way", .text(self.way.rawValue)), ("hookwire.outcome", .text(verdict.rawValue)),
                ],
                failure: verdict.status.code >= 500 ? verdict.rawValue : nil
            )
        )
    }
}
