// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore

/// Where nodes say who is connected to them, for operators to see. Nothing depends on it: what cannot be told is not, and
/// what is told is a few seconds old. Any thread.
public protocol PresenceBoard: Sendable {
    /// Puts up what an event loop says of a channel, in place of what it said before; a sheet without connections takes it
    /// away. Never fails, never waits.
    ///
    /// - Parameter place: the random name of the event loop.
    func post(_ sheet: PresenceSheet, of place: NodeID, on channel: ChannelID, eventLoop: any EventLoop)

    /// What all nodes say of channels, in the order asked for.
    ///
    /// - Parameter now: in milliseconds since 1970: older sheets than `PresenceSheet.lifetime` do not count.
    /// - Returns: a future on `eventLoop`; it fails with `BrokerError` where the store is away.
    func sheets(
        on channels: [ChannelID],
        now: Int64,
        eventLoop: any EventLoop
    ) -> EventLoopFuture<[[PresenceSheet]]>
}
