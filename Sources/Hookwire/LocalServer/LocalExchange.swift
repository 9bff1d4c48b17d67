// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1
internal import NIOTLS

/// One request to a local server and its answer, on a connection of their own: the last handler of its channel.
final class LocalExchange: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private let request: LocalRequest
    private let promise: EventLoopPromise<LocalAnswer>
    private let start: NIODeadline
    private var answer: LocalAnswer?
    private var isOver = false
    /// Whether the server may have received part of the request: not before the TLS handshake is complete.
    private var mayHaveArrived: Bool

    init(_ request: LocalRequest, isTLS: Bool, start: NIODeadline, promise: EventLoopPromise<LocalAnswer>) {
        self.request = request
        self.mayHaveArrived = !isTLS
        self.start = start
        self.promise = promise
    }

    func channelActive(context: ChannelHandlerContext) {
        let head = HTTPRequestHead(
            version: .http1_1,
            method: self.request.method,
            uri: self.request.target,
            headers: self.request.headers
        )
        context.write(self.wrapOutboundOut(.head(head)), promise: nil)
        if self.request.body.readableBytes > 0 {
            context.write(self.wrapOutboundOut(.body(.byteBuffer(self.request.body))), promise: nil)
        }
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.writeAndFlush(self.wrapOutboundOut(.end(nil))).whenFailure { error in
            let (this, context) = bound.value
            this.fail(LocalServer.text(error), context: context)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? TLSUserEvent, case .handshakeCompleted = event { self.mayHaveArrived = true }
        context.fireUserInboundEventTriggered(event)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch self.unwrapInboundIn(data) {
        case .head(let head):
            self.answer = LocalAnswer(
                status: head.status,
                headers: head.headers,
                body: ByteBuffer(),
                time: .zero
            )
        case .body(var bytes):
            let room = LocalAnswer.bodyLimit - (self.answer?.body.readableBytes ?? 0)
            if bytes.readableBytes > room { self.answer?.flaw = .tooLong }
            if var part = bytes.readSlice(length: min(room, bytes.readableBytes)) {
                self.answer?.body.writeBuffer(&part)
            }
        case .end:
            if let answer { self.end(answer, context: context) }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        // It broke off in the middle of an answer.
        case HTTPParserError.invalidEOFState: self.fail("it broke off its answer", context: context)
        case is HTTPParserError, is ByteToMessageDecoderError.PayloadTooLargeError:
            self.fail(.unreadable(LocalServer.text(error)), context: context)
        default: self.fail(LocalServer.text(error), context: context)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.fail(self.answer == nil ? "it closed the connection without an answer" : "it broke off", context: context)
    }

    /// The time is over.
    func expire(context: ChannelHandlerContext) {
        self.fail("no answer in time", context: context)
    }

    /// Calls when there is an answer, or none any more.
    func whenOver(_ call: @escaping @Sendable () -> Void) {
        self.promise.futureResult.whenComplete { _ in call() }
    }

    private func fail(_ reason: String, context: ChannelHandlerContext) {
        self.fail(self.mayHaveArrived ? .unanswered(reason) : .away(reason), context: context)
    }

    private func fail(_ failure: LocalFailure, context: ChannelHandlerContext) {
        if var answer {
            answer.flaw = answer.flaw ?? .brokenOff(failure.text)
            return self.end(answer, context: context)
        }
        guard !self.isOver else { return }
        self.isOver = true
        self.promise.fail(failure)
        context.close(promise: nil)
    }

    private func end(_ answer: LocalAnswer, context: ChannelHandlerContext) {
        guard !self.isOver else { return }
        self.isOver = true
        var answer = answer
        answer.time = NIODeadline.now() - self.start
        self.promise.succeed(answer)
        context.close(promise: nil)
    }
}

@available(*, unavailable)
extension LocalExchange: Sendable {}
