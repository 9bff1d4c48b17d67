// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// A WebSocket's only channel handler once the HTTP handlers are removed: bytes in, `WebSocketStateMachine`'s actions
/// out.
///
/// Everything is on the channel's event loop. It does not read while the channel is not writable, so that a client that
/// does not read cannot make us queue answers, and has a timer only while it closes, or while input waits for its next
/// turn.
final class WebSocketHandler: ChannelDuplexHandler, HeartbeatMember, ProbedClient, QueuedConnection {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// How many bytes of pongs may be queued. Over it only the latest ping is answered.
    private static let pongLimit = 4096

    /// This socket's place in the heartbeat wheel; owned by the wheel.
    var heartbeatPlace = HeartbeatPlace()

    // This field order minimizes padding.
    private var machine: WebSocketStateMachine
    private var holdsRead = false
    /// Set when it closes: whether everything sent before had reached the kernel then or, if the peer is not the one
    /// closing, had been acknowledged. The connection may be closed by the time the owner is told.
    private var wasFlushed: Bool?
    private var parser: WebSocketFrameParser
    private var owner: (any WebSocketOwner)?
    private var context: ChannelHandlerContext?
    private var closingHandshake: WebSocketClosingHandshake?
    /// Nil where nothing waits.
    private var turn: WebSocketTurn?

    /// - Parameters:
    ///   - owner: notified of messages and the end; retained until then.
    ///   - configuration: shared by many sockets.
    ///   - discardsMessages: whether what the client sends is checked and dropped.
    init(owner: any WebSocketOwner, configuration: WebSocketConfiguration, discardsMessages: Bool = false) {
        self.owner = owner
        self.machine = WebSocketStateMachine(configuration: configuration)
        self.parser = WebSocketFrameParser(
            messageLimit: configuration.messageLimit,
            discardsMessages: discardsMessages
        )
    }

    // MARK: Handler lifecycle

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.connectionLost(context: nil)
        self.context = nil
    }

    // MARK: Inbound

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var input = self.unwrapInboundIn(data)
        self.machine.bytesReceived()
        if self.turn?.input != nil {
            self.turn?.input?.writeBuffer(&input)
        } else {
            self.takeTurn(of: &input, context: context)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        self.sendPongs(context: context)
        context.fireChannelReadComplete()
    }

    /// Processes one turn's worth of frames. The rest waits for the next turn.
    private func takeTurn(
        of input: inout ByteBuffer,
        limit: Int = WebSocketTurn.limit,
        context: ChannelHandlerContext
    ) {
        var left = limit
        while left > 0, let frame = self.parser.next(from: &input) {
            self.take(frame, context: context)
            left -= 1
        }
        // The parser consumes partial frames too.
        guard input.readableBytes > 0 else { return }
        self.withTurn { $0.input = input }
        self.machine.configuration.turns.wait(on: context.eventLoop) {
            self.takeNextTurn(context: context)
        }
    }

    private func takeNextTurn(context: ChannelHandlerContext) {
        // If the connection was lost, the pending input was already processed at once.
        guard let turn, var input = turn.input.take() else { return }
        self.takeTurn(of: &input, context: context)
        self.sendPongs(context: context)
        guard turn.input == nil else { return }
        self.dropEmptyTurn()
        if turn.isInputClosed { return self.connectionLost(context: context) }
        if context.channel.isWritable || !self.machine.isOpen { self.releaseRead(context: context) }
    }

    /// Processes all pending input: no fairness is needed any more.
    private func takeLastTurn(context: ChannelHandlerContext) {
        guard var input = self.turn?.input.take() else { return }
        self.takeTurn(of: &input, limit: .max, context: context)
        self.dropEmptyTurn()
    }

    private func take(_ frame: WebSocketFrameParser.Output, context: ChannelHandlerContext) {
        switch self.machine.frameReceived(frame, hasRoomForPong: self.hasRoomForPong(context.channel)) {
        case .ignore:
            break
        case .deliver(let message):
            self.owner?.messageReceived(message)
        case .addPong(let payload):
            self.addPong(payload)
        case .replacePongs(let payload):
            self.turn?.pongs = nil
            self.addPong(payload)
        case .startClosing(let ending):
            self.startClosing(ending, context: context)
        case .probeAnswered(let number):
            self.owner?.probeAnswered(number)
        case .drop:
            context.close(promise: nil)
        case .dropAnswered:
            self.closingHandshake?.answered()
            context.close(promise: nil)
        }
    }

    private func withTurn(_ change: (WebSocketTurn) -> Void) {
        let turn = self.turn ?? WebSocketTurn()
        change(turn)
        self.turn = turn
    }

    private func dropEmptyTurn() {
        if self.turn?.isEmpty == true { self.turn = nil }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            self.owner?.queueCrossedWatermark(isBehind: false)
            self.sendPongs(context: context)
            self.releaseRead(context: context)
            self.owner?.becameWritable()
        } else {
            self.owner?.queueCrossedWatermark(isBehind: true)
        }
        context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.takeLastTurn(context: context)
        self.connectionLost(context: nil)
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // A peer that half-closes can never finish a closing handshake.
        if let event = event as? ChannelEvent, event == .inputClosed {
            if let turn, turn.input != nil {
                turn.isInputClosed = true
            } else {
                self.connectionLost(context: context)
            }
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.takeLastTurn(context: context)
        self.connectionLost(context: context)
    }

    // MARK: Outbound

    func read(context: ChannelHandlerContext) {
        // A closing socket queues no answers, so its input costs no memory, and its peer's close frame must be seen.
        if self.turn?.input != nil || self.machine.isOpen && !context.channel.isWritable {
            self.holdsRead = true
        } else {
            context.read()
        }
    }

    // MARK: For the owner

    /// Whether less than the high watermark waits to be sent.
    var isWritable: Bool { self.context?.channel.isWritable ?? false }

    /// Whether everything written was handed to the kernel; false for a closed connection. Once it closes, see
    /// `wasFlushed`.
    var isFlushed: Bool {
        if let wasFlushed { return wasFlushed }
        return self.queuedBytes == 0
    }

    /// How many bytes have not been handed to the kernel yet; nil for a closed connection.
    var queuedBytes: Int? { self.context?.queuedBytes }

    var witness: CursorWitness { .client(self) }

    /// Writes and flushes frames that are encoded already. On the event loop only.
    ///
    /// - Parameters:
    ///   - position: where a peer closed as too slow should resume; everything before it was sent.
    ///   - probe: the number of a probe to send after them.
    func send(
        _ encodedFrames: ByteBuffer,
        behind position: Position? = nil,
        probe: UInt64? = nil
    ) -> SendResult {
        guard let context else { return .closed }
        context.eventLoop.preconditionInEventLoop()
        let bytes = encodedFrames.readableBytes
        switch self.machine.sendRequested(bytes: bytes, backlog: context.backlog, behind: position) {
        case .write:
            // Frames sent from within a read follow the pongs for what was read before.
            if self.turn?.pongs != nil { self.sendPongs(context: context) }
            if let probe {
                context.write(self.wrapOutboundOut(encodedFrames), promise: nil)
                context.writeAndFlush(self.wrapOutboundOut(WebSocketProbe.ping(probe)), promise: nil)
            } else {
                context.writeAndFlush(self.wrapOutboundOut(encodedFrames), promise: nil)
            }
            // A write often reveals a lost connection, and then the owner was told already.
            return self.machine.isOpen ? .accepted : .closed
        case .refuse:
            return .closed
        case .startClosing(let ending):
            self.startClosing(ending, context: context)
            return .slowConsumer
        }
    }

    /// Starts the closing handshake; does nothing where it has started already. On the event loop only.
    ///
    /// - Parameters:
    ///   - code: the close code sent to the peer, by default the reason's own.
    ///   - text: for the author of the client: no secrets, at most 123 bytes of UTF-8.
    ///   - reason: passed to `ended`.
    func close(code: WebSocketCloseCode? = nil, text: String = "", reason: SocketEndReason) {
        guard let context else { return }
        context.eventLoop.preconditionInEventLoop()
        let frame = WebSocketCloseFrame(code: code ?? reason.closeCode, reason: text)
        if case .startClosing(let ending) = self.machine.closeRequested(frame, reason: reason) {
            self.startClosing(ending, context: context)
        }
    }

    /// The heartbeat wheel's visit. On the event loop only.
    func heartbeat(_ heartbeat: Heartbeat, now: NIODeadline) {
        guard let context else { return }
        context.eventLoop.preconditionInEventLoop()
        let action = self.machine.heartbeatDue(
            heartbeat,
            now: now,
            backlog: context.backlog,
            isReading: !self.holdsRead,
            isMessageOverdue: self.parser.isMessageOverdue(
                now: now,
                timeout: self.machine.configuration.messageTimeout,
                isReading: !self.holdsRead
            )
        )
        switch action {
        case .none:
            break
        case .sendPing:
            context.writeAndFlush(self.wrapOutboundOut(WebSocketFrameEncoder.ping), promise: nil)
        case .read:
            self.releaseRead(context: context)
        case .startClosing(let ending):
            self.startClosing(ending, context: context)
        }
    }

    /// Sends a probe after everything else, which the peer answers when it has read that. On the event loop only.
    func probe(_ number: UInt64) {
        guard let context, self.machine.isOpen else { return }
        context.writeAndFlush(self.wrapOutboundOut(WebSocketProbe.ping(number)), promise: nil)
    }

    /// Calls back when the peer has answered our close frame, and so has read everything sent before; never if it does
    /// not answer. On the event loop only.
    func whenCloseAcknowledged(_ call: @escaping () -> Void) {
        self.closingHandshake?.whenAnswered = call
    }

    // MARK: Actions

    private func hasRoomForPong(_ channel: any Channel) -> Bool {
        guard let pongs = self.turn?.pongs else { return channel.isWritable }
        return channel.isWritable && pongs.readableBytes < Self.pongLimit
    }

    private func addPong(_ payload: ByteBuffer) {
        self.withTurn { turn in
            var pongs = turn.pongs.take() ?? ByteBuffer()
            WebSocketFrameEncoder.appendFrame(.pong, payload: payload, into: &pongs)
            turn.pongs = pongs
        }
    }

    private func sendPongs(context: ChannelHandlerContext) {
        guard context.channel.isWritable, let pongs = self.turn?.pongs.take() else { return }
        self.dropEmptyTurn()
        context.writeAndFlush(self.wrapOutboundOut(pongs), promise: nil)
    }

    private func releaseRead(context: ChannelHandlerContext) {
        guard self.holdsRead, self.turn?.input == nil else { return }
        self.holdsRead = false
        context.read()
    }

    private func startClosing(_ ending: WebSocketStateMachine.Ending, context: ChannelHandlerContext) {
        // A peer that sends a close frame is alive, and reads until it is answered; otherwise it may have vanished
        // unnoticed.
        let transmission = TCPInfo.transmission(of: context.channel)
        self.wasFlushed = self.isFlushed && (ending.reason == .clientClosed || transmission?.isComplete ?? true)
        self.parser.discardsMessages = true
        // The pongs go first: nothing may follow a close frame.
        var frames = self.turn?.pongs.take() ?? ByteBuffer()
        WebSocketFrameEncoder.appendClose(ending.frame, into: &frames)
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenComplete { self.closeFrameWritten($0, context: context) }
        context.writeAndFlush(self.wrapOutboundOut(frames), promise: written)
        if self.machine.isClosing {
            let timeout = self.machine.closeTimeout
            self.closingHandshake = .start(for: self, in: timeout, on: context.eventLoop)
            self.releaseRead(context: context)
        }
        self.end(ending.reason)
    }

    private func closeFrameWritten(_ result: Result<Void, any Error>, context: ChannelHandlerContext) {
        guard case .success = result else { return self.connectionLost(context: context) }
        switch self.machine.closeFrameWritten() {
        case .none:
            break
        case .drop:
            context.close(promise: nil)
        case .finishOutput:
            let finished = context.eventLoop.makePromise(of: Void.self)
            finished.futureResult.assumeIsolated().whenFailure { _ in context.close(promise: nil) }
            context.close(mode: .output, promise: finished)
        }
    }

    /// Called by the closing handshake's timer.
    func closeDeadlineReached() {
        if case .drop = self.machine.closeDeadlineReached() { self.context?.close(promise: nil) }
    }

    private func connectionLost(context: ChannelHandlerContext?) {
        self.closingHandshake.take()?.cancel()
        self.turn = nil
        switch self.machine.connectionLost() {
        case .ignore: break
        case .drop: context?.close(promise: nil)
        case .end(let reason):
            context?.close(promise: nil)
            self.end(reason)
        }
    }

    private func end(_ reason: SocketEndReason) {
        self.owner.take()?.ended(reason)
    }
}

@available(*, unavailable)
extension WebSocketHandler: Sendable {}
