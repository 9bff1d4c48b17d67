// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import AsyncHTTPClient
internal import NIOCore
internal import NIOHTTP1
internal import NIOTLS
internal import Shared

/// Sends one request with a body streamed from a client, on a connection of its own: executes `QQUploadStateMachine`'s
/// decisions. On the event loop of both connections.
final class QQUpload: ChannelInboundHandler, HTTPBodyReceiver {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    /// The platform stopped in mid-response, or the client in mid-body.
    struct Broken: Error {}

    private let head: HTTPRequestHead
    private let body: HTTPBodyInflow
    private let waitsForTLS: Bool
    private let began: EventLoopPromise<HTTPClientResponse>
    private var machine: QQUploadStateMachine
    private var answer: QQUploadAnswer?
    private var context: ChannelHandlerContext?
    private var timer: Scheduled<Void>?

    /// - Parameter began: gets the response when it begins, or a `QQRefusal` if there is none.
    init(
        head: HTTPRequestHead,
        body: HTTPBodyInflow,
        waitsForTLS: Bool,
        timeout: TimeAmount,
        began: EventLoopPromise<HTTPClientResponse>
    ) {
        self.head = head
        self.body = body
        self.waitsForTLS = waitsForTLS
        self.began = began
        self.machine = QQUploadStateMachine(timeout: timeout, now: .now())
    }

    // MARK: The connection

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        self.armTimer(context: context)
        context.read()
        if context.channel.isActive, !self.waitsForTLS { self.start(context: context) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.fail(.upstreamUnreachable)
        self.context = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        if !self.waitsForTLS { self.start(context: context) }
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.fail(.upstreamUnreachable)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.fail(.upstreamUnreachable)
        context.close(promise: nil)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // Earlier writes would be buffered in the TLS handler, without back-pressure.
        if case .handshakeCompleted? = event as? TLSUserEvent { self.start(context: context) }
        context.fireUserInboundEventTriggered(event)
    }

    private func start(context: ChannelHandlerContext) {
        guard self.machine.started(now: .now()) else { return }
        self.body.start(self)
        // The client may have disconnected by now.
        guard !self.machine.isOver else { return }
        context.writeAndFlush(self.wrapOutboundOut(.head(self.head)), promise: nil)
        self.goOn()
    }

    // MARK: The body

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        self.goOn()
        context.fireChannelWritabilityChanged()
    }

    func bodyArrived(_ bytes: ByteBuffer) {
        guard self.machine.pieceReceived(now: .now()), let context else { return }
        context.writeAndFlush(self.wrapOutboundOut(.body(.byteBuffer(bytes))), promise: nil)
        self.goOn()
    }

    func bodyEnded() {
        guard self.machine.bodyEnded(now: .now()), let context else { return }
        context.writeAndFlush(self.wrapOutboundOut(.end(nil)), promise: nil)
        self.armTimer(context: context)
    }

    func bodyStopped(_ reason: HTTPBodyInflow.StopReason) {
        // Without the body's end the platform sees that the request is incomplete.
        self.fail(.requestBroken)
        self.context?.close(promise: nil)
    }

    /// Asks for the next piece if the platform accepts one.
    private func goOn() {
        guard let context else { return }
        if self.machine.asksForPiece(isWritable: context.channel.isWritable, now: .now()) {
            self.body.ask()
        }
        self.armTimer(context: context)
    }

    // MARK: The answer

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch self.unwrapInboundIn(data) {
        case .head(let head):
            guard head.status.code >= 200 else { return self.errorCaught(context: context, error: Broken()) }
            self.machine.answerBegan(status: Int(head.status.code), now: .now())
            let answer = QQUploadAnswer(head: head, upload: self, eventLoop: context.eventLoop)
            self.answer = answer
            self.began.succeed(answer.response)
        case .body(let bytes):
            guard let answer else { return }
            self.machine.answerContinued(isAsked: answer.yield(bytes), now: .now())
        case .end:
            self.machine.answerEnded()
            self.answer.take()?.finish()
            context.close(promise: nil)
        }
        self.armTimer(context: context)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if self.machine.readsAnswer { context.read() }
        context.fireChannelReadComplete()
    }

    /// The client can take more of the response.
    func answerAsked() {
        guard let context, !self.machine.readsAnswer else { return }
        self.machine.answerContinued(isAsked: true, now: .now())
        self.armTimer(context: context)
        context.read()
    }

    /// The response's reader is gone.
    func answerDropped() {
        guard self.answer != nil else { return }
        self.fail(.upstreamUnreachable)
        self.context?.close(promise: nil)
    }

    // MARK: The end

    private func fail(_ refusal: QQRefusal) {
        switch self.machine.failed() {
        case .refuse: self.began.fail(refusal)
        case .cut: self.answer.take()?.finish(Broken())
        case .none: break
        }
        self.timer?.cancel()
        self.timer = nil
    }

    /// Schedules the timer for no later than the platform's deadline.
    private func armTimer(context: ChannelHandlerContext) {
        guard self.timer == nil, self.machine.deadline < .distantFuture else { return }
        self.timer = context.eventLoop.assumeIsolated().scheduleTask(deadline: self.machine.deadline) {
            self.timer = nil
            guard self.machine.isLate(now: .now()) else { return self.armTimer(context: context) }
            self.fail(.upstreamTimeout)
            context.close(promise: nil)
        }
    }
}
