// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// Who is told about the subscription connection. On its event loop.
protocol RedisSubscriptionOwner: AnyObject {
    /// The handshake is over; subscribing begins.
    func subscriptionConnectionReady()
    /// All that was wanted when the connection became ready is subscribed.
    func subscriptionsRestored()
    func subscribed(to channel: String)
    func message(on channel: String, payload: ByteBuffer)
    /// A node of a cluster does not serve these channels, which are wanted of it no more.
    func dropped(_ channels: [String], _ drop: ShardDrop)
    /// The connection is of no use any more. Once at most; the owner's reference should go.
    func subscriptionConnectionLost(_ loss: RedisLoss)
}

/// The last handler of a subscription connection: bytes to replies, and `RedisSubscriptionStateMachine`'s actions.
///
/// Everything is on the channel's event loop. It has one timer, and flushes once a tick.
final class RedisSubscriptionHandler: ChannelInboundHandler, NIOScheduledCallbackHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var machine: RedisSubscriptionStateMachine
    private let handshake: (handshake: RedisHandshake, commands: [RESPCommand])
    private let reader: RESPReader
    private var output = RedisOutput()
    private var owner: (any RedisSubscriptionOwner)?
    private var context: ChannelHandlerContext?
    private var callback: NIOScheduledCallback?
    private var isReading = false
    private var isFlushScheduled = false
    private var hasToldRestored = false

    init(
        machine: RedisSubscriptionStateMachine,
        handshake: (handshake: RedisHandshake, commands: [RESPCommand]),
        limits: RESPLimits,
        owner: any RedisSubscriptionOwner
    ) {
        self.machine = machine
        self.handshake = handshake
        self.reader = RESPReader(limits: limits)
        self.owner = owner
    }

    // MARK: Handler lifecycle

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { self.connected(context: context) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.close(RedisLoss(.peerClosed))
        self.context = nil
    }

    // MARK: Inbound

    func channelActive(context: ChannelHandlerContext) {
        self.connected(context: context)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var input = self.unwrapInboundIn(data)
        self.isReading = true
        let now = context.eventLoop.now
        do throws(RESPViolation) {
            while !self.machine.isClosed, let reply = try self.reader.next(from: &input) {
                self.replyReceived(reply, now: now)
            }
        } catch {
            self.close(RedisLoss(.protocolViolation, error.rawValue))
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        self.isReading = false
        self.machine.readCompleted(now: context.eventLoop.now)
        self.flush()
        context.fireChannelReadComplete()
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.close(RedisLoss(.peerClosed))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.close(RedisLoss(.transportFailed, error: error))
    }

    // MARK: For the owner, on the event loop

    func subscribe(_ channels: [String]) {
        if self.machine.subscribe(channels) == .scheduleFlush { self.scheduleFlush() }
    }

    func unsubscribe(_ channels: [String]) {
        if self.machine.unsubscribe(channels) == .scheduleFlush { self.scheduleFlush() }
    }

    /// Closes at once, for this reason.
    func close(_ loss: RedisLoss) {
        if case .close(let loss) = self.machine.connectionLost(loss) { self.end(loss) }
    }

    // MARK: Timer

    func handleScheduledCallback(eventLoop: some EventLoop) {
        self.callback = nil
        switch self.machine.timerFired(now: eventLoop.now) {
        case .ignore:
            break
        case .wait(let timer):
            self.setTimer(timer)
        case .ping(let timer):
            self.setTimer(timer)
            self.output.append(RESPCommand("PING"))
            self.flush()
        case .close(let loss):
            self.end(loss)
        }
    }

    private func setTimer(_ time: NIODeadline?) {
        guard let time, let context else { return }
        self.callback.take()?.cancel()
        // It fails only where the event loop shuts down, which closes the channel.
        self.callback = try? context.eventLoop.assumeIsolated().scheduleCallback(at: time, handler: self)
    }

    // MARK: Actions

    private func connected(context: ChannelHandlerContext) {
        switch self.machine.connected(self.handshake.handshake, now: context.eventLoop.now) {
        case .ignore:
            break
        case .wait(let timer):
            for command in self.handshake.commands { self.output.append(command) }
            self.setTimer(timer)
            self.flush()
        }
    }

    private func replyReceived(_ reply: RESPValue, now: NIODeadline) {
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

    private func tellRestored() {
        guard self.machine.isRestored, !self.hasToldRestored else { return }
        self.hasToldRestored = true
        self.owner?.subscriptionsRestored()
    }

    private func scheduleFlush() {
        guard let context, !self.isReading, !self.isFlushScheduled else { return }
        self.isFlushScheduled = true
        context.eventLoop.assumeIsolated().execute {
            self.isFlushScheduled = false
            self.flush()
        }
    }

    private func flush() {
        guard let context else { return }
        let flush = self.machine.flush(now: context.eventLoop.now)
        for command in flush.commands { self.output.append(command) }
        self.setTimer(flush.timer)
        if !self.output.isEmpty {
            context.writeAndFlush(self.wrapOutboundOut(self.output.take()), promise: nil)
            self.output.written()
        }
        for channel in flush.subscribed { self.owner?.subscribed(to: channel) }
    }

    private func end(_ loss: RedisLoss) {
        self.callback.take()?.cancel()
        let owner = self.owner.take()
        self.context?.close(promise: nil)
        owner?.subscriptionConnectionLost(loss)
    }
}

@available(*, unavailable)
extension RedisSubscriptionHandler: Sendable {}
