// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// The outcome of events that a member of a group took.
public struct GroupSettlement: Hashable, Sendable {
    /// A member's verdict on an event.
    public enum Verdict: String, Hashable, Sendable {
        /// Processed.
        case ack
        /// Redeliver to another member at once; the attempt counts.
        case nack
        /// The same, but nothing has failed: the attempt does not count.
        case release
    }

    /// An attempt at an event: what one member was given once.
    public struct Attempt: Hashable, Sendable {
        /// The event.
        public var position: Position
        /// Which attempt it is, counted from 1; nil for whichever is the present one.
        public var number: Int?

        /// Creates an attempt from its parts.
        public init(position: Position, number: Int?) {
            self.position = position
            self.number = number
        }

        /// The attempt that a delivery is.
        public init(_ delivery: GroupPage.Delivery) {
            self.init(position: delivery.entry.position, number: delivery.attempt)
        }
    }

    /// For stores that keep only one time per unsettled event, the time it was taken. For a refused event they keep the
    /// time of the refusal minus this, which exceeds any visibility time, so that another member may take it at once.
    /// In milliseconds.
    public static let refusalShift: Int64 = 3_650 * 86_400_000

    /// The group.
    public var group: ConsumerName
    /// The verdict.
    public var verdict: Verdict
    /// The attempts; at least one, all at events of one epoch.
    ///
    /// Only the present attempt at an event can be refused or released: after an earlier one the event is another
    /// member's. It can be acknowledged by any, for it is processed then.
    public var attempts: [Attempt]

    /// Creates a settlement from its parts.
    public init(group: ConsumerName, verdict: Verdict, attempts: [Attempt]) {
        precondition(!attempts.isEmpty, "a settlement settles something")
        self.group = group
        self.verdict = verdict
        self.attempts = attempts
    }

    /// Creates a settlement of the present attempts at events.
    public init(group: ConsumerName, verdict: Verdict, positions: [Position]) {
        self.init(group: group, verdict: verdict, attempts: positions.map { Attempt(position: $0, number: nil) })
    }
}
