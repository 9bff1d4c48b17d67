// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// The owner of a command connection, notified of its state. On its event loop.
protocol RedisConnectionOwner: AnyObject {
    /// The handshake is over: commands can be sent.
    func connectionReady()
    /// The connection is unusable. Called at most once; the owner should drop its reference.
    func connectionLost(_ loss: RedisLoss)
    /// The connection's trouble has changed; nil if there is none.
    func troubleChanged(_ trouble: RedisConnectionHandler.Machine.Trouble?)
}

/// The last handler of a command connection: bytes to replies, and `RedisConnectionStateMachine`'s actions.
///
/// Everything is on the channel's event loop.
final class RedisConnectionHandler: RedisChannelHandler {
    typealias Machine = RedisConnectionStateMachine<RedisReceiver>

    var io: RedisChannelIO
    let reader: RESPReader
    private var machine: Machine
    private let handshake: RedisHandshake
    private let metrics = RedisCommandMetrics()
    private var owner: (any RedisConnectionOwner)?
    private var toldTrouble: Machine.Trouble?

    init(
        configuration: Machine.Configuration,
        handshake: (handshake: RedisHandshake, commands: [RESPCommand]),
        limits: RESPLimits,
        owner: any RedisConnectionOwner
    ) {
        self.io = RedisChannelIO(handshake: handshake.commands)
        self.machine = Machine(configuration: configuration)
        self.handshake = handshake.handshake
        self.reader = RESPReader(limits: limits)
        self.owner = owner
    }

    // MARK: For the owner, on the event loop

    /// Sends a command, and hands over its reply, a `RedisError` or a `BrokerError`.
    func send(_ command: RESPCommand, to receiver: RedisReceiver) {
        guard let context = self.io.context else { return receiver.fail(.unavailable) }
        context.eventLoop.preconditionInEventLoop()
        let action = self.machine.sendRequested(
            receiver,
            bytes: command.byteCount,
            isPatient: command.isPatient,
            now: context.eventLoop.now
        )
        switch action {
        case .write(let timer):
            self.io.output.append(command)
            self.setTimer(timer)
            self.scheduleFlush(context: context)
        case .refuse(let error):
            receiver.fail(error)
        }
    }

    /// A storing command failed with an error that will affect the next one too.
    func refused(_ error: RedisError) {
        guard let context = self.io.context else { return }
        self.machine.refused(error, now: context.eventLoop.now)
        self.tellTrouble()
    }

    /// The reply to a command that stores something, an event or not, was no error.
    func stored(isEvent: Bool) {
        self.machine.stored(isEvent: isEvent)
        self.tellTrouble()
    }

    /// Sends a command directly after another one whose reply is ignored.
    func send(_ command: RESPCommand, behind first: RESPCommand, to receiver: RedisReceiver) {
        guard let context = self.io.context else { return receiver.fail(.unavailable) }
        let action = self.machine.sendRequested(
            receiver,
            behindAnother: first.byteCount + command.byteCount,
            isPatient: command.isPatient,
            now: context.eventLoop.now
        )
        switch action {
        case .write(let timer):
            self.io.output.append(first)
            self.io.output.append(command)
            self.setTimer(timer)
            self.scheduleFlush(context: context)
        case .refuse(let error):
            receiver.fail(error)
        }
    }

    /// Closes once commands in flight have been answered.
    func close() {
        if case .close(let closing) = self.machine.closeRequested() { self.end(closing) }
    }

    /// Closes at once, for this reason: commands in flight fail.
    func lose(_ loss: RedisLoss) {
        if case .close(let closing) = self.machine.connectionLost(loss) { self.end(closing) }
    }

    // MARK: Events

    var isClosed: Bool { self.machine.isClosed }

    func connected(now: NIODeadline) -> RedisConnectedAction {
        self.machine.connected(self.handshake, now: now)
    }

    func readCompleted(context: ChannelHandlerContext) {
        if self.machine.awaitsReplies { self.machine.readCompleted(now: context.eventLoop.now) }
    }

    func flush() {
        self.writeOutput()
    }

    func timerFired(now: NIODeadline) {
        let action = self.machine.timerFired(now: now)
        self.tellTrouble()
        switch action {
        case .ignore:
            break
        case .wait(let timer):
            self.setTimer(timer)
        case .ping(let timer):
            self.setTimer(timer)
            self.io.output.append(RESPCommand("PING"))
            self.flush()
        case .fail(let failures, let timer):
            self.setTimer(timer)
            self.fail(failures)
        case .close(let closing):
            self.end(closing)
        }
    }

    func replyReceived(_ reply: RESPValue, now: NIODeadline) {
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

    // MARK: Actions

    private func count(_ result: Result<RESPValue, RedisError>, now: NIODeadline) {
        let isRefusal = if case .failure = result { true } else { false }
        self.metrics.answered(in: now - self.machine.lastAnswerSent, isRefusal: isRefusal)
    }

    private func tellTrouble() {
        guard self.machine.trouble != self.toldTrouble else { return }
        self.toldTrouble = self.machine.trouble
        self.owner?.troubleChanged(self.toldTrouble)
    }

    private func end(_ closing: Machine.Closing) {
        let owner = self.owner.take()
        self.closeChannel()
        owner?.connectionLost(closing.loss)
        self.fail(closing.failures)
    }

    private func fail(_ failures: [Machine.Failure]) {
        self.metrics.unanswered(failures.count)
        for failure in failures { failure.request.fail(failure.error) }
    }
}

@available(*, unavailable)
extension RedisConnectionHandler: Sendable {}
