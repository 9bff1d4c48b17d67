// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// Who is told about a command connection. On its event loop.
protocol RedisConnectionOwner: AnyObject {
    /// The handshake is over: commands can be sent.
    func connectionReady()
    /// The connection is of no use any more. Once at most; the owner's reference should go.
    func connectionLost(_ loss: RedisLoss)
    /// What keeps the connection from doing its work has changed; nil is nothing.
    func troubleChanged(_ trouble: RedisConnectionHandler.Machine.Trouble?)
}

/// The last handler of a command connection: bytes to replies, and `RedisConnectionStateMachine`'s actions.
///
/// Everything is on the channel's event loop. It has one timer, and flushes once a tick: when a read is over, or by a
/// task of the loop.
final class RedisConnectionHandler: ChannelInboundHandler, NIOScheduledCallbackHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer
    typealias Machine = RedisConnectionStateMachine<RedisReceiver>

    private var machine: Machine
    private let handshake: (handshake: RedisHandshake, commands: [RESPCommand])
    private let reader: RESPReader
    private let metrics = RedisCommandMetrics()
    private var output = RedisOutput()
    private var owner: (any RedisConnectionOwner)?
    private var context: ChannelHandlerContext?
    private var callback: NIOScheduledCallback?
    private var isReading = false
    private var isFlushScheduled = false
    private var toldTrouble: Machine.Trouble?

    init(
        configuration: Machine.Configuration,
        handshake: (handshake: RedisHandshake, commands: [RESPCommand]),
        limits: RESPLimits,
        owner: any RedisConnectionOwner
    ) {
        self.machine = Machine(configuration: configuration)
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
        self.lose(RedisLoss(.peerClosed))
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
            self.lose(RedisLoss(.protocolViolation, error.rawValue))
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        self.isReading = false
        self.flush()
        context.fireChannelReadComplete()
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.lose(RedisLoss(.peerClosed))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.lose(RedisLoss(.transportFailed, error: error))
    }

    // MARK: For the owner, on the event loop

    /// Sends a command, and hands over its reply, a `RedisError` or a `BrokerError`.
    func send(_ command: RESPCommand, to receiver: RedisReceiver) {
        guard let context else { return receiver.fail(.unavailable) }
        context.eventLoop.preconditionInEventLoop()
        switch self.machine.sendRequested(receiver, bytes: command.byteCount, now: context.eventLoop.now) {
        case .write(let timer):
            self.output.append(command)
            self.setTimer(timer)
            self.scheduleFlush(context: context)
        case .refuse(let error):
            receiver.fail(error)
        }
    }

    /// The reply to a command that stores something was an error that would meet the next one as well.
    func refused(_ error: RedisError) {
        guard let context else { return }
        self.machine.refused(error, now: context.eventLoop.now)
        self.tellTrouble()
    }

    /// The reply to a command that stores something was no error.
    func stored() {
        self.machine.stored()
        self.tellTrouble()
    }

    /// Sends a command behind another one, whose answer nobody waits for, with nothing between them.
    func send(_ command: RESPCommand, behind first: RESPCommand, to receiver: RedisReceiver) {
        guard let context else { return receiver.fail(.unavailable) }
        let bytes = first.byteCount + command.byteCount
        switch self.machine.sendRequested(receiver, behindAnother: bytes, now: context.eventLoop.now) {
        case .write(let timer):
            self.output.append(first)
            self.output.append(command)
            self.setTimer(timer)
            self.scheduleFlush(context: context)
        case .refuse(let error):
            receiver.fail(error)
        }
    }

    /// Closes once what is under way has been answered.
    func close() {
        if case .close(let closing) = self.machine.closeRequested() { self.end(closing) }
    }

    /// Closes at once, for this reason: what is under way fails.
    func lose(_ loss: RedisLoss) {
        if case .close(let closing) = self.machine.connectionLost(loss) { self.end(closing) }
    }

    // MARK: Timer

    func handleScheduledCallback(eventLoop: some EventLoop) {
        self.callback = nil
        let action = self.machine.timerFired(now: eventLoop.now)
        self.tellTrouble()
        switch action {
        case .ignore:
            break
        case .wait(let timer):
            self.setTimer(timer)
        case .ping(let timer):
            self.setTimer(timer)
            self.output.append(RESPCommand("PING"))
            self.flush()
        case .close(let closing):
            self.end(closing)
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
        let action = self.machine.replyReceived(reply, now: now)
        switch action {
        case .ignore:
            break
        case .becomeReady(let timer):
            self.setTimer(timer)
            self.owner?.connectionReady()
        case .complete(let receiver, let result):
            self.count(result, now: now)
            receiver.receive(result.mapError { $0 })
        case .completeAndClose(let receiver, let result, let closing):
            self.count(result, now: now)
            receiver.receive(result.mapError { $0 })
            self.end(closing)
        case .close(let closing):
            self.end(closing)
        }
        self.tellTrouble()
    }

    private func count(_ result: Result<RESPValue, RedisError>, now: NIODeadline) {
        let isRefusal = if case .failure = result { true } else { false }
        self.metrics.answered(in: now - self.machine.lastAnswerSent, isRefusal: isRefusal)
    }

    private func tellTrouble() {
        guard self.machine.trouble != self.toldTrouble else { return }
        self.toldTrouble = self.machine.trouble
        self.owner?.troubleChanged(self.toldTrouble)
    }

    private func scheduleFlush(context: ChannelHandlerContext) {
        guard !self.isReading, !self.isFlushScheduled else { return }
        self.isFlushScheduled = true
        context.eventLoop.assumeIsolated().execute {
            self.isFlushScheduled = false
            self.flush()
        }
    }

    private func flush() {
        guard let context, !self.output.isEmpty else { return }
        context.writeAndFlush(self.wrapOutboundOut(self.output.take()), promise: nil)
        self.output.written()
    }

    private func end(_ closing: Machine.Closing) {
        self.callback.take()?.cancel()
        let owner = self.owner.take()
        self.context?.close(promise: nil)
        owner?.connectionLost(closing.loss)
        self.metrics.unanswered(closing.failures.count)
        for failure in closing.failures { failure.request.fail(failure.error) }
    }
}

@available(*, unavailable)
extension RedisConnectionHandler: Sendable {}
