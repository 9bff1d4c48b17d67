// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// The trace of one webhook request through an ingress node: two spans, `receive` and below it `publish`. Created once
/// a request is verified, so that only genuine requests begin one. Any thread.
final class RequestTrace: Sendable {
    private let tracer: Tracer
    private let platform: String
    private let channel: ChannelID
    private let incoming: EventTrace?
    private let receive: TraceContext
    private let publish: TraceContext
    /// When the request had arrived, and when it was verified; in nanoseconds since 1970.
    private let received: UInt64
    private let verified: UInt64

    /// The trace of a verified request; nil where it is not recorded.
    ///
    /// - Parameter received: when it had arrived, in nanoseconds since 1970.
    init?(_ tracer: Tracer, of request: HTTPRequest, platform: String, channel: ChannelID, received: UInt64) {
        let incoming = EventTrace(request.fields)
        guard let receive = tracer.begin(incoming), let publish = tracer.child(of: receive) else { return nil }
        self.tracer = tracer
        self.platform = platform
        self.channel = channel
        self.incoming = incoming
        self.receive = receive
        self.publish = publish
        self.received = received
        self.verified = WallClock.nanoseconds()
    }

    /// The trace carried by the event.
    var eventTrace: EventTrace { EventTrace(self.publish, state: self.state) }

    private var state: TraceState { self.incoming?.state ?? .none }

    /// The store has answered.
    func published(_ result: Result<Publication, BrokerError>) {
        var attributes = self.attributes
        var failure: String?
        switch result {
        case .success(.stored(let position, _)):
            attributes.append(("hookwire.outcome", .text(WebhookOutcome.stored.rawValue)))
            attributes.append(("hookwire.position", .text(position.description)))
        case .success(.duplicate):
            attributes.append(("hookwire.outcome", .text(WebhookOutcome.duplicate.rawValue)))
        case .failure(let error):
            attributes.append(("hookwire.outcome", .text(error.rawValue)))
            failure = error.rawValue
        }
        self.tracer.record(
            TraceSpan(
                .publish,
                context: self.publish,
                parent: self.receive.span,
                state: self.state,
                start: self.verified,
                attributes: attributes,
                failure: failure
            )
        )
    }

    /// The platform is answered.
    ///
    /// - Parameters:
    ///   - outcome: the case of an enum.
    ///   - status: of the answer.
    func answered(_ outcome: some RawRepresentable<String>, status: Int) {
        self.tracer.record(
            TraceSpan(
                .receive,
                context: self.receive,
                parent: self.incoming?.context.span,
                state: self.state,
                start: self.received,
                attributes: self.attributes + [
                    ("hookwire.outcome", .text(outcome.rawValue)),
                    ("http.response.status_code", .number(Int64(status))),
                ],
                failure: status >= 500 ? outcome.rawValue : nil
            )
        )
    }

    private var attributes: [(key: String, value: TraceSpan.Value)] {
        [("hookwire.platform", .text(self.platform)), ("hookwire.channel", .text(self.channel.description))]
    }
}
