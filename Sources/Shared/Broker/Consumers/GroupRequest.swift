// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// What a member of a group asks for.
public struct GroupRequest: Hashable, Sendable {
    /// The group.
    public var group: ConsumerName
    /// How many events at most, at least 1.
    public var limit: Int
    /// The visibility time: how long the member holds an event before another one may take it, in milliseconds.
    public var visibilityMilliseconds: Int64
    /// How often an event is delivered before it becomes a dead letter, at least 1.
    public var attempts: Int
    /// Events refused less than this many milliseconds ago are left for other members; 0 takes them too. Events out of
    /// attempts become dead letters either way.
    public var patienceMilliseconds: Int64
    /// Where a new group begins: after this position, or nil for the oldest retained event.
    public var start: Position?

    /// Creates a request from its parts.
    public init(
        group: ConsumerName,
        limit: Int,
        visibilityMilliseconds: Int64 = 30_000,
        attempts: Int = 5,
        patienceMilliseconds: Int64 = 0,
        start: Position? = nil
    ) {
        precondition(limit > 0 && visibilityMilliseconds > 0 && attempts > 0, "a member asks for something")
        precondition(patienceMilliseconds >= 0, "a member waits for nothing that is to come")
        self.group = group
        self.limit = limit
        self.visibilityMilliseconds = visibilityMilliseconds
        self.attempts = attempts
        self.patienceMilliseconds = patienceMilliseconds
        self.start = start
    }
}
