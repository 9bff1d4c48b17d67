// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1

/// Dispatches requests to their routes and writes the responses.
extension HTTPConnectionHandler {
    func respond(_ head: HTTPRequestHead, _ body: ByteBuffer, context: ChannelHandlerContext) {
        self.turn.serve(now: context.eventLoop.now)
        self.respond(self.request(head, body, context: context), context: context)
    }

    func request(_ head: HTTPRequestHead, _ body: ByteBuffer, context: ChannelHandlerContext) -> HTTPRequest? {
        HTTPRequest(
            head: head,
            body: body,
            remoteAddress: self.proxiedAddress ?? context.channel.remoteAddress,
            proxies: self.loop.proxies
        )
    }

    func respond(_ request: HTTPRequest?, context: ChannelHandlerContext) {
        guard let request else {
            let problem = Problem(
                .badRequest,
                reason: RoutingFault.badTarget,
                detail: "The request's target is neither a path nor an absolute URI."
            )
            self.answer(.response(problem.response), context: context)
            return
        }
        self.answer(self.loop.router.respond(to: request), context: context)
    }

    func answer(_ reply: HTTPReply, context: ChannelHandlerContext) {
        switch reply {
        case .response(let response):
            self.answer(response, context: context)
        case .stream(let response):
            self.start(response, context: context)
        case .upgrade(let upgrade):
            self.upgrade(upgrade, context: context)
        case .eventually(let future):
            self.answer(with: future, context: context)
        case .promptly(let future):
            self.readsAhead = true
            self.answer(with: future, context: context)
        case .awaited(let future, let abandoned):
            // A peer that closes its side after the request is not waiting either: nearly all that do so have
            // disconnected.
            if self.isInputClosed {
                abandoned()
            } else {
                self.abandon = abandoned
            }
            self.answer(with: future, context: context)
        }
    }

    private func answer(with future: EventLoopFuture<HTTPReply>, context: ChannelHandlerContext) {
        let loopBound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        future.hop(to: context.eventLoop).whenComplete { result in
            let (handler, context) = loopBound.value
            handler.abandon = nil
            handler.readsAhead = false
            switch result {
            case .success(let reply): handler.answer(reply, context: context)
            case .failure: handler.answer(.response(Self.failure.response), context: context)
            }
        }
    }

    private func answer(_ response: HTTPResponse, context: ChannelHandlerContext) {
        switch self.machine.responseReady(closesConnection: response.closesConnection, now: .now()) {
        case .drop:
            break
        case .write(let close):
            self.stopInflow(.answered)
            self.write(response, close: close, context: context)
            self.armTimer(context: context)
            self.takePendingInput(context: context)
        }
    }

    private func start(_ response: HTTPStreamedResponse, context: ChannelHandlerContext) {
        // HTTP/1.0 has no chunked coding.
        let endsByClose = response.contentLength == nil && self.answersHTTP10
        guard case .write(let close) = self.machine.streamStarted(closesConnection: endsByClose) else { return }
        let framing: HTTPBodyStream.Framing =
            response.contentLength.map { .length($0) } ?? (endsByClose ? .untilClose : .chunked)
        let head = HTTPResponseEncoder.encodeHead(
            of: response,
            framing: framing,
            close: close,
            isHTTP10: self.answersHTTP10,
            date: self.loop.date.now(),
            allocator: context.channel.allocator
        )
        let hasBody = !self.answersHead && response.status.mayHaveResponseBody && response.contentLength != 0
        self.answersHead = false
        self.answersHTTP10 = false
        self.write(head, context: context)
        let output = HTTPStreamOutput(handler: self, context: context)
        guard hasBody else { return self.streamFinished(context: context) }
        let stream = HTTPBodyStream(framing: framing, output: output, eventLoop: context.eventLoop)
        self.stream = stream
        stream.start(response.body)
    }

    func streamFinished(context: ChannelHandlerContext) {
        self.stream = nil
        guard case .write(let close) = self.machine.streamEnded(now: .now()) else { return }
        self.stopInflow(.answered)
        if close {
            self.closeOutput(context: context)
        } else {
            self.flushIfNeeded(context: context)
        }
        self.armTimer(context: context)
        self.takePendingInput(context: context)
    }

    /// Sends 100 Continue to a peer that holds its body back (RFC 9110, section 15.2.1).
    func sendContinue(context: ChannelHandlerContext) {
        self.write(ByteBuffer(string: "HTTP/1.1 100 Continue\r\n\r\n"), context: context)
    }

    func refuse(_ refusal: HTTPRefusal, context: ChannelHandlerContext) {
        self.write(refusal.problem(limits: self.loop.limits).response, close: true, context: context)
        self.armTimer(context: context)
    }

    private func write(_ response: HTTPResponse, close: Bool, context: ChannelHandlerContext) {
        let encoded = HTTPResponseEncoder.encode(
            response,
            includesBody: !self.answersHead,
            close: close,
            isHTTP10: self.answersHTTP10,
            date: self.loop.date.now(),
            allocator: context.channel.allocator
        )
        // A refusal before the header is read is not a response to the previous request, which may have been HEAD.
        self.answersHead = false
        self.answersHTTP10 = false
        self.write(encoded.head, context: context)
        if let body = encoded.body {
            self.write(body, context: context)
        }
        if close {
            self.closeOutput(context: context)
        }
    }

    private static let failure = Problem(
        .internalServerError,
        reason: RoutingFault.internalError,
        detail: "The node failed to answer; its log says more. Send the request again."
    )
}
