// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Decides which traces are recorded, names their spans, and passes them on. Any thread.
///
/// A node that exports no spans has no tracer, and a request's trace travels in its header fields.
public final class Tracer: Sendable {
    private let sink: any SpanSink
    /// How many of 2^32 requests that bring no trace begin one.
    private let threshold: UInt64

    /// - Parameter sample: the share of requests without a trace of their own that begin one, 0 to 1.
    public init(sink: any SpanSink, sample: Double = 1) {
        self.sink = sink
        self.threshold = UInt64(max(0, min(1, sample)) * Double(UInt64(1) << 32))
    }

    /// Begins a request's span: a child of the trace that it brings, or, if sampled, the root of a new one.
    ///
    /// - Returns: nil if it is not recorded: the incoming trace is not sampled, or the new one was not chosen.
    public func begin(_ incoming: EventTrace?) -> TraceContext? {
        if let incoming { return self.child(of: incoming.context) }
        guard UInt64.random(in: 0..<(1 << 32)) < self.threshold else { return nil }
        return TraceContext(trace: .random(), span: Self.randomSpan(), isSampled: true)
    }

    /// A new span below another; nil where that one is not recorded.
    public func child(of parent: TraceContext) -> TraceContext? {
        guard parent.isSampled else { return nil }
        return TraceContext(trace: parent.trace, span: Self.randomSpan(), isSampled: true)
    }

    /// Passes a span on.
    public func record(_ span: TraceSpan) {
        self.sink.record(span)
    }

    private static func randomSpan() -> UInt64 { UInt64.random(in: 1 ... .max) }
}
