// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// The owner of a subscription connection, notified of its state. On its event loop.
protocol RedisSubscriptionOwner: AnyObject {
    /// The handshake is over; subscribing begins.
    func subscriptionConnectionReady()
    /// All channels wanted when the connection became ready are subscribed.
    func subscriptionsRestored()
    func subscribed(to channel: String)
    func message(on channel: String, payload: ByteBuffer)
    /// A node of a cluster does not serve these channels, which are wanted of it no more.
    func dropped(_ channels: [String], _ drop: ShardDrop)
    /// The connection is unusable. Called at most once; the owner should drop its reference.
    func subscriptionConnectionLost(_ loss: RedisLoss)
}

/// The last handler of a subscription connection: bytes to replies, and `RedisSubscriptionStateMachine`'s actions.
///
/// Everything is on the channel's event loop.
final class RedisSubscriptionHandler: RedisChannelHandler {
    var io: RedisChannelIO
    let reader: RESPReader
    private var machine: RedisSubscriptionStateMachine
    private let handshake: RedisHandshake
    private var owner: (any RedisSubscriptionOwner)?
    private var hasToldRestored = false

    init(
        machine: RedisSubscriptionStateMachine,
        handshake: (handshake: RedisHandshake, commands: [RESPCommand]),
        limits: RESPLimits,
        owner: any RedisSubscriptionOwner
    ) {
        self.io = RedisChannelIO(handshake: handshake.commands)
        self.machine = machine
        self.handshake = handshake.handshake
        self.reader = RESPReader(limits: limits)
        self.owner = owner
    }

    // MARK: For the owner, on the event loop

    func subscribe(_ channels: [String]) {
        if self.machine.subscribe(channels) == .scheduleFlush { self.scheduleFlush() }
    }

    func unsubscribe(_ channels: [String]) {
        if self.machine.unsubscribe(channels) == .scheduleFlush { self.scheduleFlush() }
    }

    /// Closes at once, for this reason.
    func lose(_ loss: RedisLoss) {
        if case .close(let loss) = self.machine.connectionLost(loss) { self.end(loss) }
    }

    // MARK: Events

    var isClosed: Bool { self.machine.isClosed }

    func connected(now: NIODeadline) -> RedisConnectedAction {
        self.machine.connected(self.handshake, now: now)
    }

    func readCompleted(context: ChannelHandlerContext) {
        self.machine.readCompleted(now: context.eventLoop.now)
    }

    func timerFired(now: NIODeadline) {
        switch self.machine.timerFired(now: now) {
        case .ignore:
            break
        case .wait(let timer):
            self.setTimer(timer)
        case .ping(let timer):
            self.setTimer(timer)
            self.io.output.append(RESPCommand("PING"))
            self.flush()
        case .close(let loss):
            self.end(loss)
        }
    }

    func replyReceived(_ reply: RESPValue, now: NIODeadline) {
        switch self.machine.replyReceived(reply, now: now) {
        case .ignore:
            break
        case .message(let channel, let payload):
            self.owner?.message(on: channel, payload: payload)
            return
        case .becomeReady(let timer):
            self.setTimer(timer)
            self.owner?.subscriptionConnectionReady()
            self.scheduleFlush()
        case .subscribed(let channel):
            self.owner?.subscribed(to: channel)
        case .dropped(let channels, let drop):
            self.owner?.dropped(channels, drop)
        case .close(let loss):
            self.end(loss)
        }
        self.tellRestored()
    }

    func flush() {
        guard let context = self.io.context else { return }
        let flush = self.machine.flush(now: context.eventLoop.now)
        for command in flush.commands { self.io.output.append(command) }
        self.setTimer(flush.timer)
        self.writeOutput()
        for channel in flush.subscribed { self.owner?.subscribed(to: channel) }
    }

    // MARK: Actions

    private func tellRestored() {
        guard self.machine.isRestored, !self.hasToldRestored else { return }
        self.hasToldRestored = true
        self.owner?.subscriptionsRestored()
    }

    private func scheduleFlush() {
        if let context = self.io.context { self.scheduleFlush(context: context) }
    }

    private func end(_ loss: RedisLoss) {
        let owner = self.owner.take()
        self.closeChannel()
        owner?.subscriptionConnectionLost(loss)
    }
}

@available(*, unavailable)
extension RedisSubscriptionHandler: Sendable {}
