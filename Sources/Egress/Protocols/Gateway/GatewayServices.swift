// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import NIOCore
internal import Shared

/// Services shared by the gateway sockets of one event loop. Confined to its loop.
final class GatewayServices {
    let lane: Lane
    let hub: Hub
    let broker: any Broker
    let state: NodeState
    let times: GatewayTimes
    let configuration: WebSocketConfiguration
    let metrics: GatewayMetrics
    /// Looks up the bot user of a token; never fails.
    let user: (Secret, ChannelID) -> EventLoopFuture<GatewayUser>
    /// The sockets that are in no group yet, which a drain would miss.
    var strangers: [ObjectIdentifier: GatewaySocket] = [:]

    init(
        lane: Lane,
        hub: Hub,
        broker: any Broker,
        state: NodeState,
        times: GatewayTimes,
        configuration: WebSocketConfiguration,
        metrics: GatewayMetrics,
        user: @escaping (Secret, ChannelID) -> EventLoopFuture<GatewayUser>
    ) {
        self.lane = lane
        self.hub = hub
        self.broker = broker
        self.state = state
        self.times = times
        self.configuration = configuration
        self.metrics = metrics
        self.user = user
    }

    /// Ends the sockets that have not identified.
    func drainStrangers() {
        for socket in Array(self.strangers.values) { socket.drain() }
    }
}
