// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOHTTP1

/// The trace that an event belongs to.
///
/// A class, so that events without a trace spend only one reference on it.
public final class EventTrace: Sendable {
    /// The event's place in the trace: the parent of its next spans.
    public let context: TraceContext
    /// The accompanying `tracestate`.
    public let state: TraceState

    /// A trace from its parts.
    public init(_ context: TraceContext, state: TraceState = .none) {
        self.context = context
        self.state = state
    }

    /// The trace in a request's fields; nil if there is none, or more than one.
    public convenience init?(_ fields: RequestFields) {
        var context: TraceContext?
        guard fields.single("traceparent", { context = TraceContext($0) }) == .once, let context else { return nil }
        self.init(context, state: TraceState(fields.headers[canonicalForm: "tracestate"].map(String.init)) ?? .none)
    }

    /// The same for decoded fields.
    public convenience init?(_ headers: HTTPHeaders) {
        self.init(RequestFields(headers))
    }

    /// The same trace at a later point.
    public func continued(at context: TraceContext) -> EventTrace {
        EventTrace(context, state: self.state)
    }

    /// How many bytes it takes where an event is encoded, at most.
    static let encodedCapacity = 16 + 8 + 1 + 4 + TraceState.limit
}

extension ByteWriter {
    /// Writes a trace: its name, the span, whether it is sampled, and the state.
    mutating func writeTrace(_ trace: EventTrace) {
        self.write(trace.context.trace.high)
        self.write(trace.context.trace.low)
        self.write(trace.context.span)
        self.write(UInt8(trace.context.isSampled ? 1 : 0))
        self.writeCounted(trace.state.text)
    }
}

extension EventReader {
    /// Reads a trace.
    mutating func readTrace(_ bytes: Span<UInt8>) throws(EventEncodingError) -> EventTrace {
        let high = try self.readInteger(bytes, byteCount: 8)
        let low = try self.readInteger(bytes, byteCount: 8)
        let span = try self.readInteger(bytes, byteCount: 8)
        let flags = try self.readByte(bytes)
        let text = try self.readText(bytes)
        guard let trace = TraceID(high: high, low: low), span != 0, flags <= 1, let state = TraceState([text]) else {
            throw .invalidText
        }
        return EventTrace(TraceContext(trace: trace, span: span, isSampled: flags == 1), state: state)
    }
}
