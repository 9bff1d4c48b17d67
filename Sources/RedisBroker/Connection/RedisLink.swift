// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Logging
internal import NIOCore
internal import Shared

/// The owner of a link's connection. On the link's event loop.
protocol RedisLinkOwner: AnyObject {
    /// A connection is established: add its handler. From then on the owner reports to the link by `ready` and `lost`.
    func attach(to channel: any Channel) throws
    /// A connection attempt failed. The link retries by itself.
    func connectFailed(_ loss: RedisLoss)
}

/// Maintains one connection: connects, and reconnects with a back-off. On one event loop.
///
/// It retains its owner from `start` until it has stopped.
final class RedisLink {
    private let connector: RedisConnector
    /// Provides Redis' address; nil if it never moves.
    private let locator: (any RedisLocator)?
    private let home: RedisURL.Address
    /// The address of the current connection or attempt.
    private var address: RedisURL.Address?
    private let eventLoop: any EventLoop
    private let logger: Logger
    private var owner: (any RedisLinkOwner)?
    private var reconnection: RedisReconnection
    private var random = SystemRandomNumberGenerator()
    private var channel: (any Channel)?
    private var isConnecting = false
    private var wait: Scheduled<Void>?
    private var ended: EventLoopPromise<Void>?
    private var log = RedisLossLog()
    private let metrics = RedisLinkMetrics()
    private var wasReady = false

    init(
        configuration: RedisConfiguration,
        locator: (any RedisLocator)?,
        eventLoop: any EventLoop,
        logger: Logger
    ) {
        self.locator = locator
        self.home = configuration.url.address
        self.connector = RedisConnector(configuration: configuration)
        self.eventLoop = eventLoop
        self.logger = logger
        self.reconnection = RedisReconnection(
            backoff: Backoff(first: configuration.firstBackoff, cap: configuration.maximumBackoff),
            stableTime: configuration.maximumBackoff
        )
    }

    func start(owner: any RedisLinkOwner) {
        guard self.reconnection.start() == .connect else { return }
        self.owner = owner
        self.connect()
    }

    /// The handshake of the present connection is over.
    func ready() {
        self.reconnection.ready(now: self.eventLoop.now)
        self.metrics.ready(isFirst: !self.wasReady)
        self.wasReady = true
        self.logger.log(level: self.log.ready(), "connected to Redis")
    }

    /// All that is wanted of the present connection is subscribed.
    func restored() {
        let level = self.log.restored()
        if level != .debug { self.logger.log(level: level, "connected to Redis") }
    }

    /// The present connection is lost.
    func lost(_ loss: RedisLoss) {
        self.channel = nil
        self.address = nil
        guard case .wait(let time) = self.reconnection.lost(now: self.eventLoop.now, using: &self.random) else {
            return self.endIfStopped()
        }
        self.metrics.lost(loss.reason)
        self.logger.log(
            level: self.log.lost(loss.reason, now: self.eventLoop.now),
            "no connection to Redis",
            metadata: RedisLossLog.metadata(of: loss, retryIn: time)
        )
        self.wait = self.eventLoop.assumeIsolated().scheduleTask(in: time) {
            if self.reconnection.waitEnded() == .connect { self.connect() }
        }
    }

    /// Makes no more connections.
    ///
    /// - Returns: a future that completes when the present one, which the caller closes, is closed.
    func stop() -> EventLoopFuture<Void> {
        self.reconnection.stop()
        self.wait.take()?.cancel()
        let ended = self.ended ?? self.eventLoop.makePromise(of: Void.self)
        self.ended = ended
        self.endIfStopped()
        return ended.futureResult
    }

    /// Redis has moved to an address.
    ///
    /// - Returns: whether there is a connection to another address, which the caller must close.
    func move(to address: RedisURL.Address) -> Bool {
        if self.reconnection.retryNow() == .connect {
            self.wait.take()?.cancel()
            self.connect()
            return false
        }
        guard let present = self.address, present != address else { return false }
        self.address = nil
        return self.channel != nil
    }

    private func connect() {
        self.isConnecting = true
        guard let locator else { return self.connect(to: self.home) }
        locator.locate(on: self.eventLoop).assumeIsolated().whenComplete { result in
            switch result {
            case .success(let address): self.connect(to: address)
            case .failure(let error): self.connectionMade(.failure(error), to: nil)
            }
        }
    }

    private func connect(to address: RedisURL.Address) {
        self.address = address
        self.connector.connect(to: address, on: self.eventLoop).assumeIsolated().whenComplete { result in
            self.connectionMade(result, to: address)
        }
    }

    private func connectionMade(_ result: Result<any Channel, any Error>, to address: RedisURL.Address?) {
        self.isConnecting = false
        switch result {
        case .success(let channel):
            guard self.address == address else {
                // Redis has moved meanwhile.
                channel.close(promise: nil)
                self.failed(RedisLoss(.moved))
                return self.endIfStopped()
            }
            self.connected(channel)
        case .failure(let error):
            self.failed(RedisLoss(.connectFailed, error: error))
        }
    }

    private func connected(_ channel: any Channel) {
        if self.reconnection.isStopped {
            channel.close(promise: nil)
            return self.endIfStopped()
        }
        self.channel = channel
        channel.closeFuture.assumeIsolated().whenComplete { _ in
            if self.channel === channel { self.channel = nil }
            self.endIfStopped()
        }
        do {
            try self.owner?.attach(to: channel)
        } catch {
            // It was closed in the meantime.
            channel.close(promise: nil)
            self.failed(RedisLoss(.connectFailed, error: error))
        }
    }

    private func failed(_ loss: RedisLoss) {
        self.owner?.connectFailed(loss)
        self.lost(loss)
    }

    private func endIfStopped() {
        guard self.reconnection.isStopped, self.channel == nil, !self.isConnecting else { return }
        self.owner = nil
        self.ended?.succeed()
    }
}

@available(*, unavailable)
extension RedisLink: Sendable {}
