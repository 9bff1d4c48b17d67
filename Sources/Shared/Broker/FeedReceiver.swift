// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

/// Takes the events of a feed.
///
/// The broker calls it from any thread, one call at a time for a channel and in the order of the offsets, often
/// while it holds a lock: an implementation must hand the entry over and return, and must not call the broker.
public protocol FeedReceiver: AnyObject, Sendable {
    /// Takes the next event.
    ///
    /// - Returns: nil to continue, or what the broker must wait for before it acknowledges the event.
    func receive(_ entry: LogEntry) -> FeedPressure?

    /// Called when events between the last delivered one and the next were lost. A loss is always reported.
    ///
    /// - Parameter head: where the feed continues: the next event is the one after it. In a new epoch, that event may
    ///   have been stored before the feed learnt of the epoch.
    func interrupted(_ reason: UnrecoverableReason, head: Position)
}

/// A running feed.
public protocol FeedSubscription: AnyObject, Sendable {
    /// Where the channel's log stood when the feed began: its first event is the one after.
    var start: Position { get }

    /// Ends the feed. Once this has returned the receiver is not called again, except for a call already in progress.
    func cancel()
}
