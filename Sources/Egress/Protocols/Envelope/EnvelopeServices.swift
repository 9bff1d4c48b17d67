// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// Services shared by the envelope sockets and event streams of one event loop. Confined to its loop.
final class EnvelopeServices {
    let lane: Lane
    let broker: any Broker
    let configuration: WebSocketConfiguration
    let metrics: SocketMetrics
    let replies: ReplyMetrics
    let groups: GroupMetrics
    /// In milliseconds since 1970.
    let now: @Sendable () -> Int64

    init(
        lane: Lane,
        broker: any Broker,
        configuration: WebSocketConfiguration,
        metrics: SocketMetrics,
        replies: ReplyMetrics,
        groups: GroupMetrics,
        now: @escaping @Sendable () -> Int64
    ) {
        self.lane = lane
        self.broker = broker
        self.configuration = configuration
        self.metrics = metrics
        self.replies = replies
        self.groups = groups
        self.now = now
    }
}
