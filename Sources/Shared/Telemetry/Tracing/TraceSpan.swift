// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// A span: an operation within a trace, with its times.
public struct TraceSpan: Sendable {
    /// What was done.
    public enum Name: String, Sendable, CaseIterable {
        /// An ingress node handled a webhook request, from its arrival to its response.
        case receive
        /// It stored the event.
        case publish
        /// An egress node delivered the event, until it was written to its sockets.
        case deliver
        /// An egress node handled a bot's reply, until its outcome was known.
        case reply
    }

    /// An attribute value of a span: enum cases, numbers, channel ids and positions; never a secret or user content.
    public enum Value: Sendable, Equatable {
        case text(String)
        case number(Int64)
    }

    public var name: Name
    public var context: TraceContext
    /// The span that this one is a child of; nil for the first of its trace.
    public var parent: UInt64?
    public var state: TraceState
    /// In nanoseconds since 1970-01-01T00:00:00Z, by the node's clock.
    public var start: UInt64
    public var end: UInt64
    public var attributes: [(key: String, value: Value)]
    /// Why it failed; nil if it succeeded.
    public var failure: String?

    /// A span from its parts.
    public init(
        _ name: Name,
        context: TraceContext,
        parent: UInt64?,
        state: TraceState = .none,
        start: UInt64,
        end: UInt64 = WallClock.nanoseconds(),
        attributes: [(key: String, value: Value)] = [],
        failure: String? = nil
    ) {
        self.name = name
        self.context = context
        self.parent = parent
        self.state = state
        self.start = start
        // A clock that was set back must not make a span that ends before it began.
        self.end = max(start, end)
        self.attributes = attributes
        self.failure = failure
    }
}

/// Receives spans. Called on event loops: it must not block, and may drop the excess.
public protocol SpanSink: Sendable {
    func record(_ span: TraceSpan)
}
