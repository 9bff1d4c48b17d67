// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import NIOCore

/// Where nodes publish their connections for operators. Best effort: reports may be missing, and are a few seconds old.
/// Any thread.
public protocol PresenceStore: Sendable {
    /// Replaces an event loop's report of a channel; a report without connections removes it. Never fails, never waits.
    ///
    /// - Parameter place: the random name of the event loop.
    func post(_ report: PresenceReport, of place: NodeID, on channel: ChannelID, eventLoop: any EventLoop)

    /// The reports of all nodes for some channels, in the order requested.
    ///
    /// - Parameter now: in milliseconds since 1970: reports older than `PresenceReport.lifetime` are ignored.
    /// - Returns: a future on `eventLoop`; it fails with `BrokerError` where the store is unreachable.
    func reports(
        on channels: [ChannelID],
        now: Int64,
        eventLoop: any EventLoop
    ) -> EventLoopFuture<[[PresenceReport]]>
}
