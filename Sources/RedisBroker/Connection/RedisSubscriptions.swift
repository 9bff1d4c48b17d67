// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import NIOCore

/// The subscription connection across reconnects, and its wanted channels. On one event loop.
final class RedisSubscriptions {
    private let status: RedisStatus
    private let configuration: RedisConfiguration
    private let link: RedisLink
    private var delegate: (any RedisSubscriptionDelegate)?
    private var wanted: Set<String> = []
    /// The current connection's handler.
    private var handler: RedisSubscriptionHandler?
    /// Whether the current connection's handshake is complete.
    private var isReady = false
    private var isStarted = false
    private var isStopped = false

    /// - Parameter locator: provides Redis' address; nil if the URL has it.
    init(
        configuration: RedisConfiguration,
        locator: (any RedisLocator)? = nil,
        eventLoop: any EventLoop,
        status: RedisStatus,
        logger: Logger
    ) {
        self.configuration = configuration
        self.status = status
        self.link = RedisLink(
            configuration: configuration,
            locator: locator,
            eventLoop: eventLoop,
            logger: logger
        )
    }

    func start(delegate: (any RedisSubscriptionDelegate)?) {
        guard !self.isStarted, !self.isStopped else { return }
        self.isStarted = true
        self.delegate = delegate
        self.status.become(.connecting)
        self.link.start(owner: self)
    }

    func subscribe(_ channels: [String]) {
        guard !self.isStopped else { return }
        self.wanted.formUnion(channels)
        self.handler?.subscribe(channels)
    }

    func unsubscribe(_ channels: [String]) {
        self.wanted.subtract(channels)
        self.handler?.unsubscribe(channels)
    }

    func reconnect(_ reason: String) {
        // A connection still being established cannot be deaf.
        if self.isReady { self.handler?.lose(RedisLoss(.deaf, reason)) }
    }

    /// Closes, stops reconnecting, and stops notifying the delegate.
    func stop() -> EventLoopFuture<Void> {
        self.isStopped = true
        self.delegate = nil
        self.wanted = []
        let ended = self.link.stop()
        self.handler?.lose(RedisLoss(.shutdown))
        self.status.become(.lost(RedisLoss(.shutdown)))
        return ended
    }
}

extension RedisSubscriptions {
    /// Redis has moved to an address: a connection to another one is closed at once.
    func move(to address: RedisURL.Address) {
        guard !self.isStopped, self.link.move(to: address) else { return }
        self.handler?.lose(RedisLoss(.moved))
    }
}

extension RedisSubscriptions: RedisLinkOwner {
    func attach(to channel: any Channel) throws {
        let url = self.configuration.url
        let handler = RedisSubscriptionHandler(
            machine: RedisSubscriptionStateMachine(configuration: .init(self.configuration), channels: self.wanted),
            handshake: RedisHandshake.start(
                credentials: url.credentials,
                database: url.database,
                clientName: "\(self.configuration.clientName)-\(RedisHandshake.Purpose.subscriptions.rawValue)",
                role: self.configuration.role
            ),
            limits: self.configuration.limits,
            owner: self
        )
        self.handler = handler
        try channel.pipeline.syncOperations.addHandler(handler)
    }

    func connectFailed(_ loss: RedisLoss) {
        self.handler = nil
        if !self.isStopped { self.status.become(.lost(loss)) }
    }
}

extension RedisSubscriptions: RedisSubscriptionOwner {
    func subscriptionConnectionReady() {
        self.isReady = true
        self.link.ready()
    }

    func subscriptionsRestored() {
        if !self.isStopped { self.status.become(.ready) }
        self.link.restored()
    }

    func subscribed(to channel: String) {
        self.delegate?.subscribed(to: channel)
    }

    func message(on channel: String, payload: ByteBuffer) {
        self.delegate?.message(on: channel, payload: payload)
    }

    func dropped(_ channels: [String], _ drop: ShardDrop) {
        self.wanted.subtract(channels)
        self.delegate?.dropped(channels, drop)
    }

    func subscriptionConnectionLost(_ loss: RedisLoss) {
        let wasReady = self.isReady
        self.handler = nil
        self.isReady = false
        if !self.isStopped { self.status.become(.lost(loss)) }
        if wasReady { self.delegate?.subscriptionsLost(self.wanted, reason: loss.reason.rawValue) }
        self.link.lost(loss)
    }
}

extension RedisSubscriptionStateMachine.Configuration {
    init(_ configuration: RedisConfiguration) {
        self.init(
            handshakeTimeout: configuration.connectTimeout,
            pingInterval: configuration.keepAliveInterval,
            pingTimeout: configuration.keepAliveTimeout,
            batch: configuration.subscriptionBatch,
            shard: configuration.clusterNode
        )
    }
}

@available(*, unavailable)
extension RedisSubscriptions: Sendable {}
