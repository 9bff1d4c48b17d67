// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// An event that a group gave up on.
public struct DeadLetter: Sendable {
    /// How much longer than the log dead letters are retained.
    public static let retentionFactor: Int64 = 24

    /// Its number among the channel's dead letters: 1, 2, 3 …, though not without gaps.
    public var number: UInt64
    /// The group that gave up on it.
    public var group: ConsumerName
    /// How often it was tried.
    public var attempts: Int
    /// When it was given up, in milliseconds since 1970 by the broker's clock.
    public var time: Int64
    /// The event, and where in the log it stood.
    public var entry: LogEntry

    /// Creates a dead letter from its parts.
    public init(number: UInt64, group: ConsumerName, attempts: Int, time: Int64, entry: LogEntry) {
        self.number = number
        self.group = group
        self.attempts = attempts
        self.time = time
        self.entry = entry
    }
}
