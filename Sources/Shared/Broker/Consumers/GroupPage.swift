// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// The events handed to a member of a group.
public struct GroupPage: Sendable {
    /// One event, held by the member for the visibility time.
    public struct Delivery: Sendable {
        /// The event.
        public var entry: LogEntry
        /// 1 on the first delivery to any member.
        public var attempt: Int

        /// Creates a delivery from its parts.
        public init(entry: LogEntry, attempt: Int) {
            self.entry = entry
            self.attempt = attempt
        }
    }

    /// What was taken: first what other members did not settle, then what was never delivered, each in log order.
    public var deliveries: [Delivery]
    /// How many events ran out of attempts and became dead letters.
    public var deadLetters: Int
    /// How many events were trimmed before they were settled. For a past epoch the number is unknown and counts as one.
    public var lost: UInt64

    /// Creates a page from its parts.
    public init(deliveries: [Delivery], deadLetters: Int, lost: UInt64) {
        self.deliveries = deliveries
        self.deadLetters = deadLetters
        self.lost = lost
    }
}
