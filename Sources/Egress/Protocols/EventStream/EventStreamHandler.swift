// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// An event stream's only channel handler once the HTTP handlers are removed: writes what its owner gives it, with a
/// bounded queue, and discards the client's input. Confined to the channel's event loop.
final class EventStreamHandler: ChannelInboundHandler, HeartbeatMember, CursorClient, QueuedConnection {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// How long queued data may take to be sent when the stream is closed.
    private static let closeTimeout = TimeAmount.seconds(5)

    /// This stream's place in the heartbeat wheel; owned by the wheel.
    var heartbeatPlace = HeartbeatPlace()

    private let outboundLimit: Int
    private var owner: EventStream?
    private var context: ChannelHandlerContext?
    private var liveness = StreamLiveness()
    /// Set when we close it: whether everything sent before had been acknowledged then, as far as the kernel reports.
    private var hadArrived: Bool?

    /// - Parameter outboundLimit: how many bytes may be queued; beyond it the client is too slow.
    init(owner: EventStream, outboundLimit: Int) {
        self.owner = owner
        self.outboundLimit = outboundLimit
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.end(.connectionLost)
        self.context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // Input on an event stream is ignored.
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        self.owner?.queueCrossedWatermark(isBehind: !context.channel.isWritable)
        if context.channel.isWritable { self.owner?.becameWritable() }
        context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.end(.connectionLost)
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // No event-stream client half-closes and keeps reading.
        if let event = event as? ChannelEvent, event == .inputClosed {
            self.end(.connectionLost)
            context.close(promise: nil)
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.end(.connectionLost)
        context.close(promise: nil)
    }

    // MARK: For the owner

    /// Whether less than the high watermark waits to be sent.
    var isWritable: Bool { self.context?.channel.isWritable ?? false }

    /// Whether everything written was handed to the kernel; false for a closed connection. Once it closes, see
    /// `hadArrived`.
    var isFlushed: Bool {
        if let hadArrived { return hadArrived }
        return self.queuedBytes == 0
    }

    var witness: CursorWitness { .system(self.transmission, queued: self.queuedBytes) }

    /// How many bytes have not been handed to the kernel yet; nil for a closed connection.
    var queuedBytes: Int? { self.context?.queuedBytes }

    /// The kernel's progress with the written bytes; nil if unknown.
    private var transmission: Transmission? {
        self.context.flatMap { TCPInfo.transmission(of: $0.channel) }
    }

    /// Writes and flushes blocks. With nothing queued, blocks of any size are taken: a single event larger than the limit
    /// must not make a stream useless.
    func send(_ blocks: ByteBuffer) -> SendResult {
        guard let context, self.owner != nil else { return .closed }
        let backlog = context.backlog
        guard backlog == 0 || backlog <= self.outboundLimit - blocks.readableBytes else {
            self.end(.slowConsumer)
            context.close(promise: nil)
            return .slowConsumer
        }
        context.writeAndFlush(self.wrapOutboundOut(blocks), promise: nil)
        // A write often reveals a lost connection, and then the owner was told already.
        return self.owner == nil ? .closed : .accepted
    }

    /// Ends the stream after what is queued.
    func close(_ reason: SocketEndReason) {
        guard let context, self.owner != nil else { return }
        // The client may have vanished unnoticed.
        self.hadArrived = self.isFlushed && (self.transmission?.isComplete ?? true)
        self.end(reason)
        let sent = context.eventLoop.makePromise(of: Void.self)
        sent.futureResult.assumeIsolated().whenComplete { _ in context.close(promise: nil) }
        context.writeAndFlush(
            self.wrapOutboundOut(EventStreamFormat.ending(retry: DrainNotice.pause())),
            promise: sent
        )
        context.eventLoop.assumeIsolated().scheduleTask(in: Self.closeTimeout) { context.close(promise: nil) }
    }

    /// The heartbeat wheel's visit: a keep-alive, which shows proxies that the stream is alive; or a check whether any
    /// data in flight then has been acknowledged since.
    func heartbeat(_ heartbeat: Heartbeat) {
        guard let context, let owner = self.owner else { return }
        switch heartbeat {
        case .ping:
            if context.backlog == 0 {
                context.writeAndFlush(self.wrapOutboundOut(owner.signOfLife()), promise: nil)
            }
            self.liveness.signSent(at: self.progress(of: context))
        case .answer:
            guard self.liveness.isGone(at: self.progress(of: context)) else { return }
            self.end(.noAnswer)
            context.close(promise: nil)
        }
    }

    private func progress(of context: ChannelHandlerContext) -> StreamLiveness.Progress {
        StreamLiveness.Progress(transmission: self.transmission, backlog: context.backlog)
    }

    private func end(_ reason: SocketEndReason) {
        self.owner.take()?.ended(reason)
    }
}

@available(*, unavailable)
extension EventStreamHandler: Sendable {}
