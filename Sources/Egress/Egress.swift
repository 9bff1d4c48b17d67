// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

public import Logging
public import NIOCore
public import Shared
internal import Synchronization

/// The egress tier: holds the bots' sockets and delivers to them.
public final class Egress: Sendable {
    private let configuration: EgressConfiguration
    private let hub: Hub
    private let state: NodeState
    private let logger: Logger
    private let lanes = Mutex<[Lane]>([])

    /// An egress node's part of a server.
    public init(configuration: EgressConfiguration, broker: any Broker, state: NodeState, logger: Logger) {
        self.configuration = configuration
        self.hub = Hub(broker: broker, grace: configuration.feedGrace)
        self.state = state
        self.logger = logger
    }

    /// Adds the tier's routes to the router of an event loop. Called on that loop, once.
    public func addRoutes(to router: inout Router, on eventLoop: any EventLoop) {
        let lane = Lane(configuration: self.configuration, eventLoop: eventLoop)
        self.lanes.withLock { $0.append(lane) }
        let configuration = WebSocketConfiguration(
            messageLimit: self.configuration.messageLimit,
            outboundLimit: self.configuration.queueLimit,
            answerTimeout: self.configuration.pongTimeout
        )
        SocketRoutes(
            lane: lane,
            hub: self.hub,
            state: self.state,
            configuration: configuration,
            logger: self.logger
        ).addRoutes(to: &router)
    }

    /// Ends all sockets with 1012, spread evenly over `duration` so that their clients do not all come back at once.
    /// Returns when each was told; the last has the rest of its closing handshake before it.
    public func drain(over duration: TimeAmount) async {
        let lanes = self.lanes.withLock { $0 }
        await withTaskGroup { group in
            for lane in lanes {
                group.addTask { await Drain(lane: lane, duration: duration).run() }
            }
        }
    }
}
