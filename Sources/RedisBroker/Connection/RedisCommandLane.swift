// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
internal import Logging
internal import NIOCore
internal import Shared

/// The command connection of one event loop, through all its reconnections. On that event loop.
final class RedisCommandLane {
    let status: RedisStatus
    private let configuration: RedisConfiguration
    private let eventLoop: any EventLoop
    private let link: RedisLink
    /// The current connection's handler.
    private var handler: RedisConnectionHandler?
    /// Whether the current connection's handshake is complete.
    private var isReady = false
    private var isStopped = false
    /// Whether the first connection attempt is still in progress: until then commands wait, at most until their
    /// deadline, so that a starting node is usable at once. Afterwards they fail immediately while disconnected.
    private var isFirstAttempt = true
    private var waiting: Deque<(command: RESPCommand, receiver: RedisReceiver)> = []
    private var waitingBytes = 0
    private var waitingDeadline: Scheduled<Void>?

    /// - Parameter locator: provides Redis' address; nil if the URL has it.
    init(
        configuration: RedisConfiguration,
        locator: (any RedisLocator)? = nil,
        eventLoop: any EventLoop,
        status: RedisStatus,
        logger: Logger
    ) {
        self.configuration = configuration
        self.eventLoop = eventLoop
        self.status = status
        self.link = RedisLink(
            configuration: configuration,
            locator: locator,
            eventLoop: eventLoop,
            logger: logger
        )
    }

    func start() {
        guard !self.isStopped else { return }
        if self.isFirstAttempt { self.status.become(.connecting) }
        self.link.start(owner: self)
    }

    func send(_ command: RESPCommand, to receiver: RedisReceiver) {
        if self.isReady, let handler {
            handler.send(command, to: receiver)
        } else if self.isStopped {
            receiver.fail(.closed)
        } else if self.isFirstAttempt {
            self.wait(command, receiver)
        } else {
            receiver.fail(.unavailable)
        }
    }

    /// A storing command failed with an error that will affect the next one too.
    func refused(_ error: RedisError) {
        self.handler?.refused(error)
    }

    /// Something was stored, an event or not, here or by another connection.
    func stored(isEvent: Bool) {
        self.handler?.stored(isEvent: isEvent)
    }

    /// Sends a command after ASKING, which a node accepts for a slot being imported (redis.io, "Redis cluster
    /// specification", "ASK redirection"). It does not wait for a first connection.
    func ask(_ command: RESPCommand, to receiver: RedisReceiver) {
        guard self.isReady, let handler else { return receiver.fail(.unavailable) }
        handler.send(command, behind: RESPCommand("ASKING"), to: receiver)
    }

    /// Finishes commands in flight, and stops reconnecting.
    func stop() -> EventLoopFuture<Void> {
        self.isStopped = true
        self.isFirstAttempt = false
        self.failWaiting(.closed)
        let ended = self.link.stop()
        self.handler?.close()
        self.status.become(.lost(RedisLoss(.shutdown)))
        return ended
    }

    // MARK: Before the first connection

    private func wait(_ command: RESPCommand, _ receiver: RedisReceiver) {
        guard self.waiting.count < self.configuration.maximumPendingCommands,
            command.byteCount <= self.configuration.maximumPendingBytes - self.waitingBytes
        else { return receiver.fail(.overloaded) }
        self.waiting.append((command, receiver))
        self.waitingBytes += command.byteCount
        if self.waitingDeadline == nil {
            let time = self.configuration.commandTimeout
            self.waitingDeadline = self.eventLoop.assumeIsolated().scheduleTask(in: time) {
                self.isFirstAttempt = false
                self.failWaiting(.unavailable)
            }
        }
    }

    private func failWaiting(_ error: BrokerError) {
        self.waitingDeadline.take()?.cancel()
        let waiting = self.waiting
        self.waiting = []
        for (_, receiver) in waiting { receiver.fail(error) }
    }

    private func lost(_ loss: RedisLoss) {
        self.isFirstAttempt = false
        if !self.isStopped { self.status.become(.lost(loss)) }
        self.failWaiting(.unavailable)
    }
}

extension RedisCommandLane {
    /// Redis has moved to an address: a connection to another one is closed at once.
    func move(to address: RedisURL.Address) {
        guard !self.isStopped, self.link.move(to: address) else { return }
        self.handler?.lose(RedisLoss(.moved))
    }
}

extension RedisCommandLane: RedisLinkOwner {
    func attach(to channel: any Channel) throws {
        let url = self.configuration.url
        let handler = RedisConnectionHandler(
            configuration: .init(self.configuration),
            handshake: RedisHandshake.start(
                credentials: url.credentials,
                database: url.database,
                clientName: "\(self.configuration.clientName)-\(RedisHandshake.Purpose.commands.rawValue)",
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
        self.lost(loss)
    }
}

extension RedisCommandLane: RedisConnectionOwner {
    func connectionReady() {
        self.isReady = true
        self.isFirstAttempt = false
        self.status.become(.ready)
        self.link.ready()
        self.waitingDeadline.take()?.cancel()
        while let (command, receiver) = self.waiting.popFirst() { self.send(command, to: receiver) }
    }

    func connectionLost(_ loss: RedisLoss) {
        self.handler = nil
        self.isReady = false
        self.lost(loss)
        self.link.lost(loss)
    }

    func troubleChanged(_ trouble: RedisConnectionHandler.Machine.Trouble?) {
        guard self.isReady, !self.isStopped else { return }
        switch trouble {
        case nil: self.status.become(.ready)
        case .stalled: self.status.become(.stalled)
        case .refusing(let error): self.status.become(.refusing(error))
        }
    }
}

extension RedisConnectionStateMachine.Configuration {
    init(_ configuration: RedisConfiguration) {
        self.init(
            handshakeTimeout: configuration.connectTimeout,
            commandTimeout: configuration.commandTimeout,
            slowCommandTimeout: configuration.slowCommandTimeout,
            pingInterval: configuration.pingInterval,
            pingTimeout: configuration.pingTimeout,
            maximumPendingCommands: configuration.maximumPendingCommands,
            maximumPendingBytes: configuration.maximumPendingBytes,
            isClusterNode: configuration.clusterNode != nil
        )
    }
}

@available(*, unavailable)
extension RedisCommandLane: Sendable {}
