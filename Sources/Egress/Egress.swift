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
    private let authenticator: ClientAuthenticator
    private let gate: SocketGate?
    private let presence: (any PresenceStore)?
    private let logger: Logger
    private let broker: any Broker
    private let platform: QQPlatform?
    private let users: QQUsers
    private let tracing: EgressTracing?
    private let tally = EgressTally()
    private let noteSeats = LocalSeats<ChannelID>()
    private let lanes = Mutex<[Lane]>([])
    private let gateways = Mutex<[NIOLoopBound<GatewayServices>]>([])

    /// An egress node's part of a server.
    ///
    /// - Parameters:
    ///   - access: whose sockets are accepted.
    ///   - limits: how many sockets.
    ///   - presence: where connections are reported to operators; nil for none.
    ///   - group: carries the connections to the platform, and must outlive `shutdown`; nil uses the HTTP client's
    ///     shared group.
    ///   - tracer: records the delivery of events; nil for no tracing.
    public init(
        configuration: EgressConfiguration,
        broker: any Broker,
        state: NodeState,
        access: Access = .open,
        limits: SocketLimits = SocketLimits(),
        presence: (any PresenceStore)? = nil,
        group: (any EventLoopGroup)? = nil,
        tracer: Tracer? = nil,
        logger: Logger
    ) {
        self.tracing = tracer.map { EgressTracing($0) }
        self.broker = broker
        switch configuration.qq.upstream {
        case .none:
            self.platform = nil
        case .platform(let api, let tokens):
            self.platform = QQPlatform(
                api: api,
                tokens: tokens,
                timeout: configuration.qq.timeout,
                group: group,
                logger: logger
            )
        }
        self.users = QQUsers(platform: self.platform, logger: logger)
        self.configuration = configuration
        self.hub = Hub(
            broker: broker,
            grace: configuration.feedGrace,
            seats: access.registry.flatMap { registry in
                limits.seats.map { BotSeats(registry: registry, store: $0) }
            }
        )
        self.state = state
        self.authenticator = ClientAuthenticator(access: access, now: configuration.now, addresses: limits.addresses)
        self.gate = SocketGate(limits: limits)
        self.presence = presence
        self.logger = logger
        access.registry?.observe { [weak self] old, new in self?.review(new.channels(changedFrom: old)) }
    }

    /// Ends the sockets, streams and sessions of these channels whose access was lost.
    private func review(_ channels: Set<ChannelID>) {
        guard !channels.isEmpty else { return }
        for lane in self.lanes.withLock({ $0 }) { lane.review(channels) }
    }

    /// Adds the tier's routes to the router of an event loop. Called on that loop, once.
    public func addRoutes(to router: inout Router, on eventLoop: any EventLoop) {
        let authenticator = self.authenticator
        let lane = Lane(
            configuration: self.configuration,
            broker: self.broker,
            authenticator: authenticator,
            presence: self.presence,
            tracing: self.tracing,
            eventLoop: eventLoop,
            turns: router.turns
        )
        self.lanes.withLock { $0.append(lane) }
        let metrics = SocketMetrics(logger: self.logger, tally: self.tally)
        lane.visit(metrics)
        let replies = ReplyMetrics()
        let envelopes = EnvelopeServices(
            lane: lane,
            broker: self.broker,
            configuration: self.sockets(of: lane, messageLimit: EnvelopeProtocol.frameLimit),
            metrics: metrics,
            replies: replies,
            groups: GroupMetrics(logger: self.logger),
            now: self.configuration.now
        )
        SocketRoutes(
            hub: self.hub,
            state: self.state,
            configuration: self.sockets(of: lane, messageLimit: self.configuration.messageLimit),
            envelopes: envelopes,
            gate: self.gate,
            answers: RawAnswerServices(
                broker: self.broker,
                metrics: replies,
                tracing: self.tracing,
                eventLoop: eventLoop,
                now: self.configuration.now
            )
        ).addRoutes(to: &router)
        EventStreamRoutes(
            services: envelopes,
            hub: self.hub,
            state: self.state,
            gate: self.gate,
            pingInterval: self.configuration.pingInterval
        ).addRoutes(to: &router)
        ReplyRoutes(broker: self.broker, metrics: replies, tracing: self.tracing, eventLoop: eventLoop)
            .addRoutes(to: &router)
        DeadLetterRoutes(broker: self.broker, authenticator: authenticator, eventLoop: eventLoop).addRoutes(to: &router)
        ReplayRoutes(broker: self.broker, authenticator: authenticator, eventLoop: eventLoop).addRoutes(to: &router)
        ObservationRoutes(
            broker: self.broker,
            authenticator: authenticator,
            state: self.state,
            gate: self.gate,
            seats: self.noteSeats,
            eventLoop: eventLoop
        ).addRoutes(to: &router)
        InspectorRoutes(
            tally: self.tally,
            hub: self.hub,
            broker: self.broker,
            authenticator: authenticator,
            eventLoop: eventLoop,
            now: self.configuration.now
        ).addRoutes(to: &router)
        self.addQQRoutes(to: &router, lane: lane)
    }

    private func sockets(of lane: Lane, messageLimit: Int) -> WebSocketConfiguration {
        WebSocketConfiguration(
            messageLimit: messageLimit,
            outboundLimit: self.configuration.queueLimit,
            answerTimeout: self.configuration.pongTimeout,
            messageTimeout: self.configuration.messageTimeout,
            turns: NIOLoopBound(lane.turns, eventLoop: lane.eventLoop)
        )
    }

    private func addQQRoutes(to router: inout Router, lane: Lane) {
        let qq = self.configuration.qq
        let (users, eventLoop) = (self.users, lane.eventLoop)
        let metrics = GatewayMetrics(logger: self.logger, tally: self.tally)
        lane.visit(metrics.sockets)
        let services = GatewayServices(
            lane: lane,
            hub: self.hub,
            broker: self.broker,
            state: self.state,
            times: GatewayTimes(heartbeatInterval: qq.heartbeatInterval, identifyTimeout: qq.identifyTimeout),
            configuration: self.sockets(of: lane, messageLimit: GatewayProtocol.frameLimit),
            metrics: metrics,
            user: { users.user(of: $0, channel: $1, on: eventLoop) }
        )
        self.gateways.withLock { $0.append(NIOLoopBound(services, eventLoop: eventLoop)) }
        let endpoints = QQEndpoints(
            configuration: qq,
            platform: self.platform,
            broker: self.broker,
            authenticator: self.authenticator
        )
        QQRoutes(endpoints: endpoints, services: services, gate: self.gate).addRoutes(to: &router)
    }

    /// Ends all sockets, with 1012, gateway sessions with op 7 and 4009, and event streams, spread evenly over `duration` so
    /// that their clients do not all come back at once. Returns when each was told; the last has the rest of its closing
    /// handshake before it.
    public func drain(over duration: TimeAmount) async {
        for gateway in self.gateways.withLock({ $0 }) {
            gateway.eventLoop.execute { gateway.value.drainStrangers() }
        }
        let lanes = self.lanes.withLock { $0 }
        // If the tiers share their loops: events accepted before the drain began have been posted after this.
        for lane in lanes { try? await lane.eventLoop.submit {}.get() }
        await withTaskGroup { group in
            for lane in lanes {
                group.addTask { await Drain(lane: lane, duration: duration).run() }
            }
        }
    }

    /// Closes the connections to the platform once no request is in flight. Must be called if requests were proxied.
    public func shutdown() async {
        await self.platform?.shutdown()
    }
}
