// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// The common part of the last handler of all kinds of Redis connections: bytes to replies, one timer, and one flush
/// per tick, at the end of a read or by a task of the loop. State machines interpret the replies.
///
/// Everything is on the channel's event loop.
protocol RedisChannelHandler: ChannelInboundHandler, NIOScheduledCallbackHandler
where InboundIn == ByteBuffer, OutboundOut == ByteBuffer {
    /// Its channel state.
    var io: RedisChannelIO { get set }

    /// Constant, and so not in `io`, which avoids a retain per reply.
    var reader: RESPReader { get }

    /// Whether the connection is closed: further input is ignored.
    var isClosed: Bool { get }

    /// The transport is connected.
    func connected(now: NIODeadline) -> RedisConnectedAction

    /// A whole reply came.
    func replyReceived(_ reply: RESPValue, now: NIODeadline)

    /// All replies of a read have been received; a flush follows.
    func readCompleted(context: ChannelHandlerContext)

    /// The timer went off.
    func timerFired(now: NIODeadline)

    /// The end of a tick: writes its output.
    func flush()

    /// Closes at once, for this reason.
    func lose(_ loss: RedisLoss)
}

/// A handler's channel state and pending output.
struct RedisChannelIO {
    var output = RedisOutput()
    /// Nil where the handler is in no pipeline.
    fileprivate(set) var context: ChannelHandlerContext?
    fileprivate let handshake: [RESPCommand]
    fileprivate var callback: NIOScheduledCallback?
    fileprivate var isReading = false
    fileprivate var isFlushScheduled = false

    /// - Parameter handshake: the commands that open the connection.
    init(handshake: [RESPCommand]) {
        self.handshake = handshake
    }
}

// MARK: Handler lifecycle

extension RedisChannelHandler {
    func handlerAdded(context: ChannelHandlerContext) {
        self.io.context = context
        if context.channel.isActive { self.open(context: context) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.lose(RedisLoss(.peerClosed))
        self.io.context = nil
    }

    private func open(context: ChannelHandlerContext) {
        switch self.connected(now: context.eventLoop.now) {
        case .ignore:
            break
        case .wait(let timer):
            for command in self.io.handshake { self.io.output.append(command) }
            self.setTimer(timer)
            self.flush()
        }
    }
}

// MARK: Inbound

extension RedisChannelHandler {
    func channelActive(context: ChannelHandlerContext) {
        self.open(context: context)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var input = self.unwrapInboundIn(data)
        self.io.isReading = true
        let now = context.eventLoop.now
        do throws(RESPViolation) {
            while !self.isClosed, let reply = try self.reader.next(from: &input) {
                self.replyReceived(reply, now: now)
            }
        } catch {
            self.lose(RedisLoss(.protocolViolation, error.rawValue))
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        self.io.isReading = false
        self.readCompleted(context: context)
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
}

// MARK: Timer

extension RedisChannelHandler {
    func handleScheduledCallback(eventLoop: some EventLoop) {
        self.io.callback = nil
        self.timerFired(now: eventLoop.now)
    }

    /// Reschedules the timer, if there is a time.
    func setTimer(_ time: NIODeadline?) {
        guard let time, let context = self.io.context else { return }
        self.io.callback.take()?.cancel()
        // It fails only where the event loop shuts down, which closes the channel.
        self.io.callback = try? context.eventLoop.assumeIsolated().scheduleCallback(at: time, handler: self)
    }
}

// MARK: Outbound

extension RedisChannelHandler {
    /// Schedules a flush within this tick.
    func scheduleFlush(context: ChannelHandlerContext) {
        guard !self.io.isReading, !self.io.isFlushScheduled else { return }
        self.io.isFlushScheduled = true
        context.eventLoop.assumeIsolated().execute {
            self.io.isFlushScheduled = false
            self.flush()
        }
    }

    /// Writes the output, if there is any.
    func writeOutput() {
        guard let context = self.io.context, !self.io.output.isEmpty else { return }
        context.writeAndFlush(self.wrapOutboundOut(self.io.output.take()), promise: nil)
        self.io.output.written()
    }

    /// Closes the channel and cancels the timer.
    func closeChannel() {
        self.io.callback.take()?.cancel()
        self.io.context?.close(promise: nil)
    }
}
