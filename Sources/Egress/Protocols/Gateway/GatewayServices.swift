// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import NIOCore
internal import Shared

/// What the gateway's sockets of one event loop share. Never leaves its loop.
final class GatewayServices {
    let lane: Lane
    let hub: Hub
    let broker: any Broker
    let state: NodeState
    let times: GatewayTimes
    let configuration: WebSocketConfiguration
    let metrics: GatewayMetrics
    /// Who the bot of a token is; never fails.
    let user: (Secret, ChannelID) -> EventLoopFuture<GatewayUser>
    /// The sockets that are in no group yet, which a drain would not find.
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

    /// Ends the sockets that have not said who they are.
    func drainStrangers() {
        for socket in Array(self.strangers.values) { socket.drain() }
    }
}
