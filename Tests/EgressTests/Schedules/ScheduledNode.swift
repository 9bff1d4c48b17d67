// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import Logging
import NIOCore
import NIOEmbedded
import Shared

import class Dispatch.DispatchQueue

@testable import Egress

/// An egress node on an event loop of its own, which can crash.
final class ScheduledNode {
    let loop = EmbeddedEventLoop()
    let hub: Hub
    let lane: Lane
    let envelopes: EnvelopeServices
    /// Little may wait for a client.
    let configuration = WebSocketConfiguration(outboundLimit: 2_000)
    let metrics: SocketMetrics

    private static let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
    private static let queue = DispatchQueue(label: "schedules")

    init(_ store: ScheduledStore) {
        self.metrics = SocketMetrics(logger: Self.logger)
        self.hub = Hub(broker: store, grace: .seconds(5))
        self.lane = Lane(configuration: EgressConfiguration(), broker: store, eventLoop: self.loop)
        self.envelopes = EnvelopeServices(
            lane: self.lane,
            broker: store,
            configuration: self.configuration,
            metrics: self.metrics,
            replies: ReplyMetrics(),
            groups: GroupMetrics(logger: Self.logger),
            now: { store.now }
        )
    }

    /// Nothing happens here any more.
    func crash() {
        self.loop.shutdownGracefully(queue: Self.queue) { _ in }
    }
}
