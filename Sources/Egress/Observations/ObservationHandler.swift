// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// Writes notes to one connection, with a bounded queue. On the channel's event loop.
final class ObservationHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// How many bytes may be queued; beyond it notes are dropped.
    private static let queueLimit = 256 << 10
    /// How often a comment shows that the stream lives, in seconds.
    private static let commentPause = 20
    /// How long a client may lag behind what it was sent, in seconds.
    private static let patience = 60

    private let mailbox: ObservationMailbox
    private let subscription: any ObservationSubscription
    private let watch: Watch
    private var context: ChannelHandlerContext?
    private var ticks: RepeatedTask?
    private var quietSeconds = 0
    private var behindSeconds = 0

    /// What ends the stream: the node drains, or the observer's access is lost.
    struct Watch: Sendable {
        let authenticator: ClientAuthenticator
        let visitor: Visitor
        let state: NodeState

        var isOver: Bool {
            self.state.isDraining
                || !self.authenticator.standing(of: self.visitor.admission, on: self.visitor.channel).isHolding
        }
    }

    init(mailbox: ObservationMailbox, subscription: any ObservationSubscription, watch: Watch) {
        self.mailbox = mailbox
        self.subscription = subscription
        self.watch = watch
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        self.mailbox.attach(self)
        context.writeAndFlush(self.wrapOutboundOut(EventStreamFormat.comment), promise: nil)
        let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
        self.ticks = context.eventLoop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { _ in
            handler.value.tick()
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.end()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // An observer's input is ignored.
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.end()
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed { context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    func send(_ observation: Observation) {
        guard let context, context.backlog + observation.json.readableBytes <= Self.queueLimit else { return }
        var block = ByteBuffer(string: "event: \(observation.kind.rawValue)\ndata: ")
        block.writeImmutableBuffer(observation.json)
        block.writeStaticString("\n\n")
        self.quietSeconds = 0
        context.writeAndFlush(self.wrapOutboundOut(block), promise: nil)
    }

    private func tick() {
        guard let context else { return }
        self.behindSeconds = context.channel.isWritable ? 0 : self.behindSeconds + 1
        if self.watch.isOver || self.behindSeconds >= Self.patience { return context.close(promise: nil) }
        self.quietSeconds += 1
        guard self.quietSeconds >= Self.commentPause else { return }
        self.quietSeconds = 0
        if context.backlog == 0 {
            context.writeAndFlush(self.wrapOutboundOut(EventStreamFormat.comment), promise: nil)
        }
    }

    private func end() {
        self.ticks?.cancel()
        self.ticks = nil
        self.mailbox.attach(nil)
        self.subscription.cancel()
        self.context = nil
    }
}

@available(*, unavailable)
extension ObservationHandler: Sendable {}
