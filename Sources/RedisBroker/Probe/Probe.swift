// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import NIOCore
internal import Shared
internal import Synchronization

/// Publishes events to this node itself, on the normal publish path, and reconnects the subscriptions when they do not
/// come back: Redis, or a proxy, may have dropped a subscriber that still looks connected. Any thread.
final class Probe: Sendable {
    /// The interval of its checks.
    static let tick = TimeAmount.milliseconds(250)

    private let channel: ChannelID
    private let name: String
    /// Where its channel is.
    let place: RedisPlace
    private let client: RedisClient
    private let publisher: Publisher
    /// The node whose subscriptions it monitors.
    let node: RedisNode
    private let metrics: RedisBrokerMetrics
    private let logger: Logger
    private let machine: Mutex<ProbeStateMachine>

    /// A probe.
    ///
    /// - Parameters:
    ///   - channel: random, so that nodes do not receive each other's probes, and one of that Redis' channels.
    ///   - node: one of the client's, whose subscriptions it looks after.
    init(
        on channel: ChannelID,
        of node: RedisNode,
        client: RedisClient,
        machine: ProbeStateMachine,
        pushLimit: Int,
        metrics: RedisBrokerMetrics,
        logger: Logger
    ) {
        self.channel = channel
        let keys = ChannelKeys(channel)
        self.name = keys.feed
        self.place = keys.place
        self.client = client
        self.node = node
        // Its log is not needed: one event, expiring minutes after the node is gone.
        self.publisher = Publisher(
            client: client,
            settings: PublishSettings(
                retentionCount: 1,
                retentionAgeMilliseconds: 60_000,
                positionLifetimeMilliseconds: 60_000,
                pushLimit: pushLimit,
                push: client.pushCommand,
                // A probe that replaced the previous one would not detect a full Redis.
                makesRoom: false
            ),
            eventLimit: .max,
            isProbe: true
        )
        self.metrics = metrics
        self.logger = logger
        self.machine = Mutex(machine)
    }

    /// Whether published events do not come back, as last known.
    var isDeaf: Bool { self.machine.withLock { $0.isDeaf } }

    /// How long ago something came back; nil before anything was to.
    func age(now: NIODeadline) -> TimeAmount? {
        self.machine.withLock { $0.lastHeard }.map { now - $0 }
    }

    /// Begins to listen.
    func start() {
        self.client.subscribe(self.name, at: self.place)
    }

    /// Listens no more.
    func stop() {
        self.client.unsubscribe(self.name, at: self.place)
    }

    /// Whether its channel is still on its node: a cluster's slot may move to another node.
    var isInPlace: Bool { self.client.node(at: self.place) === self.node }

    /// Looks what is to be done. Every `tick`.
    func tick(now: NIODeadline, on eventLoop: any EventLoop) {
        switch self.machine.withLock({ $0.tick(now: now) }) {
        case .wait:
            break
        case .publish(let number):
            self.publish(number, on: eventLoop)
        case .reconnect:
            self.metrics.probed(.lost)
            self.logger.notice(
                "the subscriptions to Redis are deaf: a probe was stored and did not come back",
                metadata: ["redis": "\(self.node.name)"]
            )
            self.node.reconnectSubscriptions(reason: "a probe did not come back")
        }
    }

    private func publish(_ number: UInt64, on eventLoop: any EventLoop) {
        let event = Event(platform: "probe", receivedAt: 0, body: ByteBuffer(integer: number), bodyIsUTF8: false)
        self.publisher.publish(event, to: self.channel, key: nil, on: eventLoop) { result in
            if case .failure = result, self.machine.withLock({ $0.publishFailed(number) }) {
                self.metrics.probed(.notStored)
            }
        }
    }

    /// A subscription was confirmed.
    ///
    /// - Returns: whether it is the probe's.
    func subscribed(to name: String) -> Bool {
        guard name == self.name else { return false }
        self.machine.withLock { $0.subscribed() }
        return true
    }

    /// The subscriptions of these names are lost.
    func subscriptionsLost(_ names: Set<String>) {
        guard names.contains(self.name) else { return }
        self.machine.withLock { $0.subscriptionLost() }
    }

    /// Something was pushed.
    ///
    /// - Returns: whether it is the probe's.
    func pushed(on name: String, payload: ByteBuffer) -> Bool {
        guard name == self.name else { return false }
        if let bytes = FeedMessage(pushed: payload)?.event, let event = try? EventEncoding.decode(bytes),
            let number = event.body.getInteger(at: event.body.readerIndex, as: UInt64.self),
            self.machine.withLock({ $0.heard(number, now: .now()) })
        {
            self.metrics.probed(.heard)
        }
        return true
    }
}
