// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// What a member of a group asks for.
public struct GroupRequest: Hashable, Sendable {
    /// The group.
    public var group: ConsumerName
    /// How many events at most, at least 1.
    public var limit: Int
    /// For how long an event is the member's before another one may have it, in milliseconds.
    public var visibilityMilliseconds: Int64
    /// How often an event is tried before it is given up, at least 1.
    public var attempts: Int
    /// What was refused less than so long ago is left for somebody else, in milliseconds; 0 where the member may have that
    /// too. What is given up is given up all the same.
    public var patienceMilliseconds: Int64
    /// Where a group that is new begins: behind this position, or nil for the oldest retained event.
    public var start: Position?

    /// A request of its parts.
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
