// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared

/// A client that is sent the events of a channel by a `Delivery`. All calls come on its event loop.
protocol DeliveryOwner: AnyObject {
    /// Whether less than the high watermark waits to be sent.
    var isWritable: Bool { get }

    /// Sends a round; only the events after `after` if the client has the beginning.
    func send(_ round: FeedRound, after: UInt64?)

    /// Sends events that were read from the log.
    func send(_ entries: ArraySlice<LogEntry>)

    /// Tells the client whether the events it missed follow.
    func announce(_ recovery: Recovery)

    /// The log cannot be read: the client must reconnect.
    func deliveryFailed()

    /// The client has caught up with the log and gets live events.
    func caughtUp()

    /// Sends a probe after everything else, which the client answers when it has read that; only if it has a window.
    func probe(_ number: UInt64)

    /// The client has read everything up to a position.
    func hasRead(upTo position: Position)
}

extension DeliveryOwner {
    func caughtUp() {}
    func probe(_ number: UInt64) {}
    func hasRead(upTo position: Position) {}
}
