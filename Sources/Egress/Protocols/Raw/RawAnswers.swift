// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// The answers of a raw socket's client: each text frame answers the oldest unanswered event. Bound to the socket's
/// event loop.
///
/// The protocol cannot tell the client an answer's outcome; the node's metrics count it.
final class RawAnswers {
    private let services: RawAnswerServices
    private var offers = OfferQueue()

    init(services: RawAnswerServices) {
        self.services = services
    }

    /// Events were delivered.
    func delivered(_ entries: some Sequence<LogEntry>) {
        for entry in entries {
            if let offer = entry.event.reply { self.offers.append(offer) }
        }
    }

    /// The client has sent a frame. An empty one is no answer: some clients send them to stay connected.
    func received(_ message: WebSocketMessage) {
        guard case .text(let text) = message, text.readableBytes > 0,
            let offer = self.offers.take(now: self.services.now())
        else { return }
        let replies = self.services.metrics
        let trace = self.services.tracing?.reply(to: offer.token, below: nil, by: .raw)
        self.services.broker.reply(Self.reply(text), to: offer.token, on: self.services.eventLoop).whenComplete {
            let verdict = ReplyVerdict($0)
            replies.replied(verdict, by: .raw)
            trace?.ended(verdict)
        }
    }

    /// JSON and XML become a response, anything else a text.
    static func reply(_ text: ByteBuffer) -> Reply {
        let content = ContentGuess(text)
        guard content != .plain else { return .text(String(buffer: text)) }
        let type = Reply.Field(name: "Content-Type", value: content.contentType)
        return .response(Reply.Response(status: 200, headers: [type], body: text))
    }
}

/// Services shared by the raw sockets that answer, on one event loop.
struct RawAnswerServices {
    let broker: any Broker
    let metrics: ReplyMetrics
    /// Nil where no traces are recorded.
    var tracing: EgressTracing?
    let eventLoop: any EventLoop
    /// Milliseconds since 1970.
    let now: @Sendable () -> Int64
}
