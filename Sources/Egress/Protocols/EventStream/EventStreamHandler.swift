// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// An event stream's only channel handler once the HTTP handlers have gone: writes what its owner gives it, within the
/// bound of its queue, and throws away what the client sends. Everything is on the channel's event loop.
final class EventStreamHandler: ChannelInboundHandler, HeartbeatMember, CursorClient, QueuedConnection {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// How long what is queued may take to be sent when the stream is closed.
    private static let closeTimeout = TimeAmount.seconds(5)

    /// This stream's place in the heartbeat wheel. The wheel's own.
    var heartbeatPlace = HeartbeatPlace()

    private let outboundLimit: Int
    private var owner: EventStream?
    private var context: ChannelHandlerContext?
    private var liveness = StreamLiveness()
    /// Once it is closed by us: whether all that was sent before had arrived then, as far as the system says.
    private var hadArrived: Bool?

    /// - Parameter outboundLimit: how many bytes may wait to be sent; beyond it the client is too slow.
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
        // A client of an event stream has nothing to say.
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
        // No client of an event stream finishes its side and goes on reading.
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

    /// Whether all that was written is with the system; false for a connection that is gone. Once it closes, see
    /// `hadArrived`.
    var isFlushed: Bool {
        if let hadArrived { return hadArrived }
        return self.queuedBytes == 0
    }

    var witness: CursorWitness { .system(self.transmission, queued: self.queuedBytes) }

    /// How many bytes wait to be given to the system; nil for a connection that is gone.
    var queuedBytes: Int? { self.context?.queuedBytes }

    /// How far the system is with what was written; nil where it does not say.
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
        // Writing is how a connection's loss is often noticed, and then the owner knows already.
        return self.owner == nil ? .closed : .accepted
    }

    /// Ends the stream behind what is queued.
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

    /// The heartbeat wheel's visit: a sign of life, which shows proxies that the stream lives; or a look whether anything of
    /// what was on its way then has arrived since.
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
