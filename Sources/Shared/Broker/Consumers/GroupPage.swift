// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// What a member of a group was given.
public struct GroupPage: Sendable {
    /// One event that is the member's for the visibility time.
    public struct Delivery: Sendable {
        /// The event.
        public var entry: LogEntry
        /// 1 when no member has had it before.
        public var attempt: Int

        /// A delivery of its parts.
        public init(entry: LogEntry, attempt: Int) {
            self.entry = entry
            self.attempt = attempt
        }
    }

    /// What was taken: what others did not settle first, then what nobody had, each in the order of the log.
    public var deliveries: [Delivery]
    /// How many events were tried too often, and are dead letters now.
    public var deadLetters: Int
    /// How many events were trimmed before they were settled. Of an epoch that is over nobody knows; that counts as one.
    public var lost: UInt64

    /// A page of its parts.
    public init(deliveries: [Delivery], deadLetters: Int, lost: UInt64) {
        self.deliveries = deliveries
        self.deadLetters = deadLetters
        self.lost = lost
    }
}
