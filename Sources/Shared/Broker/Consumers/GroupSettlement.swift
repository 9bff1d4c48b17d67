// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// What became of events that a member of a group took.
public struct GroupSettlement: Hashable, Sendable {
    /// What a member says of an event.
    public enum Verdict: String, Hashable, Sendable {
        /// It is done with.
        case ack
        /// Another member is to have it, at once; the attempt counts.
        case nack
        /// The same, but nobody has failed: the attempt does not count.
        case release
    }

    /// Stores that keep one time of an event that is not settled, when it was taken, keep for a refused one when it was
    /// refused, less this: longer than any visibility time, so that it is another's at once. In milliseconds.
    public static let refusalShift: Int64 = 3_650 * 86_400_000

    /// The group.
    public var group: ConsumerName
    /// What is said.
    public var verdict: Verdict
    /// Of which events; at least one, all of one epoch.
    public var positions: [Position]

    /// A settlement of its parts.
    public init(group: ConsumerName, verdict: Verdict, positions: [Position]) {
        precondition(!positions.isEmpty, "a settlement settles something")
        self.group = group
        self.verdict = verdict
        self.positions = positions
    }
}
