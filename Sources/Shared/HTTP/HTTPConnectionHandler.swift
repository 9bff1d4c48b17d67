// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
internal import NIOCore
internal import NIOExtras
internal import NIOHTTP1

/// Serves one connection: runs what `HTTPConnectionStateMachine` decides.
///
/// It reads plain requests from the bytes that `PlainRequestHandler` hands over, and all others by way of NIO's request
/// decoder, which that puts before it; and it writes bytes, so that an answer takes no further hop. All its methods run
/// on the channel's event loop.
final class HTTPConnectionHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// What came while a request was being answered.
    private enum Waiting {
        case plainBytes(ByteBuffer)
        case part(HTTPServerRequestPart)
        case failure(HTTPRefusal)
        case inputClosed
    }

    /// How many requests are served before the other connections of the loop have a turn: a peer may send thousands in
    /// one packet.
    private static let turnLimit = 64
    /// How long the loop is left to them. Only a timer lets them run: a task that is executed anew each time does not.
    private static let breath = TimeAmount.microseconds(20)

    let loop: HTTPLoop
    var machine: HTTPConnectionStateMachine
    private var plain: PlainRequestReader
    private var context: ChannelHandlerContext?
    /// What the bytes come from, as long as all requests were plain.
    var plainSource: PlainRequestHandler?
    private var waiting: Deque<Waiting> = []
    /// How many more requests this turn serves.
    private var turn = HTTPConnectionHandler.turnLimit
    private var isNextTurnScheduled = false
    /// Answers are being collected, to go out in one flush.
    private var isBatching = false
    var needsFlush = false
    private var isFlushScheduled = false
    private var wantsRead = false
    /// The answer under way comes soon enough to go on reading.
    private var readsOn = false
    private var timer: NIOScheduledCallback?
    private var timerDeadline = NIODeadline.distantFuture
    /// How the answer under way has to be written.
    private var answersHead = false
    private var answersHTTP10 = false
    /// The answer under way that comes piece by piece.
    private var stream: HTTPBodyStream?
    /// The body of the request under way, where its route takes it piece by piece.
    var inflow: HTTPBodyInflow?
    /// Tells whoever makes the answer under way that the peer does not wait for it.
    private var abandon: (@Sendable () -> Void)?

    init(loop: HTTPLoop) {
        self.loop = loop
        self.machine = HTTPConnectionStateMachine(limits: loop.limits, now: .now())
        self.plain = PlainRequestReader(limits: loop.limits)
    }

    // MARK: Life of the handler

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        self.armTimer(context: context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        self.plainSource = nil
        self.machine.finished()
        self.timer?.cancel()
        self.timer = nil
        self.waiting.removeAll()
        self.stream.take()?.connectionLost()
        self.stopInflow(.connectionLost)
        self.abandon.take()?()
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.machine.finished()
        self.timer?.cancel()
        self.timer = nil
        self.stream.take()?.connectionLost()
        self.stopInflow(.connectionLost)
        self.abandon.take()?()
        context.fireChannelInactive()
    }

    // MARK: What the peer does

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.isBatching = true
        let part = self.unwrapInboundIn(data)
        if self.mustWait(context: context) {
            self.waiting.append(.part(part))
        } else {
            self.take(part, context: context)
        }
    }

    /// Bytes have come, and no request so far was anything but plain.
    func plainBytesReceived(_ bytes: ByteBuffer) {
        guard let context, !self.machine.ignoresInput else { return }
        self.isBatching = true
        if self.mustWait(context: context) {
            self.waiting.append(.plainBytes(bytes))
        } else {
            self.plain.append(bytes)
            self.readPlain(context: context)
        }
    }

    /// The peer finishes its side.
    func plainInputEnds() {
        guard let context, self.plain.isWithinRequest, !self.mustWait(context: context) else { return }
        self.leavePlain(with: self.plain.takeRest())
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        self.isBatching = false
        if self.machine.readCompleted(now: .now()) {
            self.armTimer(context: context)
        }
        if self.needsFlush, !self.isFlushScheduled {
            self.isFlushScheduled = true
            self.loop.flushSoon(self, on: context.eventLoop)
        }
        if self.waiting.isEmpty, !self.plain.hasNews {
            self.turn = Self.turnLimit
        } else {
            self.workOffWaiting(context: context)
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            self.stream?.becameWritable()
            self.workOffWaiting(context: context)
        }
        context.fireChannelWritabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if error is HTTPParserError {
            let refusal = HTTPRefusal(parserError: error)
            if self.mustWait(context: context) {
                self.waiting.append(.failure(refusal))
            } else {
                self.parserFailed(refusal, context: context)
            }
        } else if error is ByteToMessageDecoderError {
            // More bytes behind an error that is being answered: they are thrown away.
        } else {
            context.close(promise: nil)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case let event as ChannelEvent where event == .inputClosed:
            if self.mustWait(context: context) {
                self.waiting.append(.inputClosed)
                self.abandon.take()?()
            } else {
                self.inputClosed(context: context)
            }
        case is ChannelShouldQuiesceEvent:
            if self.machine.quiesce(now: .now()) {
                self.closeOutput(context: context)
            }
        default:
            break
        }
        context.fireUserInboundEventTriggered(event)
    }

    func read(context: ChannelHandlerContext) {
        if self.mustHoldRead(context: context) {
            self.wantsRead = true
        } else {
            context.read()
        }
    }

    /// Whether no more input is asked for now.
    private func mustHoldRead(context: ChannelHandlerContext) -> Bool {
        if self.machine.isHoldingBody { return true }
        guard self.readsOn else { return self.mustWait(context: context) }
        return !self.waiting.isEmpty || self.plain.hasNews || self.turn == 0 || !context.channel.isWritable
    }

    /// Whether input waits: for the answer under way, for the peer to read what it was answered, or for its turn. What
    /// waits is bounded by a read, since no more is asked for.
    private func mustWait(context: ChannelHandlerContext) -> Bool {
        !self.waiting.isEmpty || self.plain.hasNews || self.turn == 0 || !self.takesNext(context: context)
    }

    /// Whether the next input can be taken. A body goes its way also while the peer does not read: it may do so only after
    /// it has sent all.
    private func takesNext(context: ChannelHandlerContext) -> Bool {
        self.machine.isTakingBody || (!self.machine.isResponding && context.channel.isWritable)
    }

    // MARK: From parts to an answer

    private func take(_ part: HTTPServerRequestPart, context: ChannelHandlerContext) {
        switch part {
        case .head(let head):
            self.answersHead = head.method == .HEAD
            self.answersHTTP10 = head.version == .http1_0
            var streamed: StreamedRequest?
            let action = self.machine.headReceived(head, now: .now()) {
                streamed = self.streamedRequest(head, context: context)
                return streamed != nil
            }
            switch action {
            case .respondStreaming(let length):
                self.turn -= 1
                guard let streamed else { preconditionFailure("a body is streamed to a route") }
                self.respond(streamed, length: length, context: context)
            case .readBody(let sendContinue):
                if sendContinue {
                    self.write(ByteBuffer(string: "HTTP/1.1 100 Continue\r\n\r\n"), context: context)
                }
                self.armTimer(context: context)
            case .refuse(let refusal):
                self.refuse(refusal, context: context)
            case .ignore:
                break
            }
        case .body(let bytes):
            switch self.machine.bodyReceived(bytes, now: .now()) {
            case .deliver(let bytes): self.inflow?.deliver(bytes)
            case .refuse(let refusal): self.refuse(refusal, context: context)
            case .none: break
            }
        case .end:
            switch self.machine.endReceived() {
            case .respond(let head, let body): self.respond(head, body, context: context)
            case .deliverEnd: self.inflow.take()?.deliverEnd()
            case .none: break
            }
        }
    }

    /// Answers the plain requests that have come, as far as nothing has to wait.
    private func readPlain(context: ChannelHandlerContext) {
        while !self.machine.isResponding, self.turn > 0, context.channel.isWritable {
            switch self.plain.next() {
            case .needMore(let awaitsBody):
                if awaitsBody {
                    self.machine.plainHeadReceived(now: .now())
                    self.armTimer(context: context)
                }
                return
            case .request(let request):
                guard self.machine.plainRequestReceived() else { continue }
                self.turn -= 1
                self.respond(
                    HTTPRequest(request, remoteAddress: context.channel.remoteAddress),
                    context: context
                )
            case .notPlain(let bytes):
                return self.leavePlain(with: bytes)
            }
        }
    }

    /// From these bytes on everything is read by the full parser, which is told where they are the last.
    private func leavePlain(with bytes: ByteBuffer, inputEnds: Bool = false) {
        self.machine.plainRequestAbandoned()
        // What waits comes behind what the parser makes of all the bytes.
        // That is only bytes, and perhaps their end.
        var bytes = bytes
        var rest = self.takePlainRest()
        bytes.writeBuffer(&rest)
        let inputEnds = inputEnds || self.isInputClosed
        self.waiting.removeAll()
        self.plainSource?.leave(toParserWith: bytes, inputEnds: inputEnds)
    }

    private func respond(_ head: HTTPRequestHead, _ body: ByteBuffer, context: ChannelHandlerContext) {
        self.turn -= 1
        self.respond(
            HTTPRequest(head: head, body: body, remoteAddress: context.channel.remoteAddress),
            context: context
        )
    }

    private func respond(_ request: HTTPRequest?, context: ChannelHandlerContext) {
        guard let request else {
            let problem = Problem(
                .badRequest,
                reason: "bad_target",
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
            self.readsOn = true
            self.answer(with: future, context: context)
        case .awaited(let future, let abandoned):
            // A peer that has finished its side behind the request is not waiting either: nearly all that do have gone.
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
            handler.readsOn = false
            switch result {
            case .success(let reply): handler.answer(reply, context: context)
            case .failure: handler.answer(.response(Self.failure.response), context: context)
            }
        }
    }

    /// Whether the peer has finished its side, though it is not dealt with yet.
    private var isInputClosed: Bool {
        self.waiting.contains { if case .inputClosed = $0 { true } else { false } }
    }

    private func answer(_ response: HTTPResponse, context: ChannelHandlerContext) {
        switch self.machine.responseReady(closesConnection: response.closesConnection, now: .now()) {
        case .drop:
            break
        case .write(let close):
            self.stopInflow(.answered)
            self.write(response, close: close, context: context)
            self.armTimer(context: context)
            self.workOffWaiting(context: context)
        }
    }

    private func start(_ response: HTTPStreamedResponse, context: ChannelHandlerContext) {
        // A peer of HTTP/1.0 knows no chunks.
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
        self.workOffWaiting(context: context)
    }

    private func upgrade(_ upgrade: HTTPUpgrade, context: ChannelHandlerContext) {
        // A peer that has finished its side cannot speak another protocol.
        if self.isInputClosed {
            _ = self.machine.inputClosed(now: .now())
        }
        guard self.machine.upgradeReady() else {
            context.close(promise: nil)
            return
        }
        let bytes = self.head(of: upgrade, context: context)
        // The peer must not see the answer before the new protocol is in place: what it causes elsewhere, such as an event
        // for its socket, could come first.
        context.write(self.wrapOutboundOut(bytes), promise: nil)
        let early = self.takePlainRest()
        self.waiting.removeAll()
        let pipeline = context.pipeline.syncOperations
        let plainSource = self.plainSource
        do {
            try upgrade.install(context.channel)
            if plainSource == nil { try self.removeParser(from: pipeline, of: context.channel) }
        } catch {
            context.close(promise: nil)
            return
        }
        context.flush()
        if self.wantsRead {
            context.read()
        }
        pipeline.removeHandler(context: context, promise: nil)
        plainSource?.leave(toProtocolWith: early)
    }

    private func removeParser(from pipeline: ChannelPipeline.SynchronousOperations, of channel: any Channel) throws {
        let decoder = try pipeline.context(handlerType: ByteToMessageHandler<HTTPRequestDecoder>.self)
        let removed = channel.eventLoop.makePromise(of: Void.self)
        // Bytes that came early are handed over as the decoder leaves, and nobody else tells that they were all.
        removed.futureResult.assumeIsolated().whenSuccess { channel.pipeline.fireChannelReadComplete() }
        pipeline.removeHandler(context: decoder, promise: removed)
    }

    /// All bytes that have come and were not read, where the full parser was not needed yet.
    private func takePlainRest() -> ByteBuffer {
        var bytes = self.plain.takeRest()
        self.waiting.removeAll { item in
            guard case .plainBytes(let more) = item else { return false }
            bytes.writeImmutableBuffer(more)
            return true
        }
        return bytes
    }

    private func head(of upgrade: HTTPUpgrade, context: ChannelHandlerContext) -> ByteBuffer {
        switch upgrade.head {
        case .switchingProtocols:
            HTTPResponseEncoder.encodeSwitchingProtocols(
                headers: upgrade.headers,
                allocator: context.channel.allocator
            )
        case .unending:
            HTTPResponseEncoder.encodeHead(
                of: HTTPStreamedResponse(status: .ok, headers: upgrade.headers, contentLength: nil) { _ in },
                framing: .untilClose,
                close: true,
                isHTTP10: self.answersHTTP10,
                date: self.loop.date.now(),
                allocator: context.channel.allocator
            )
        }
    }

    /// Goes on with what had to wait, as far as this turn goes.
    private func workOffWaiting(context: ChannelHandlerContext) {
        // Routes that answer at once bring us back here for every request, and a read works off what it can at its end.
        guard !self.isBatching else { return }
        self.isBatching = true
        while self.turn > 0, self.takesNext(context: context) {
            if self.plain.hasNews {
                self.readPlain(context: context)
                continue
            }
            guard let next = self.waiting.popFirst() else { break }
            switch next {
            case .plainBytes(let bytes): self.plain.append(bytes)
            case .part(let part): self.take(part, context: context)
            case .failure(let refusal): self.parserFailed(refusal, context: context)
            case .inputClosed: self.inputClosed(context: context)
            }
        }
        self.isBatching = false
        self.flushIfNeeded(context: context)
        if self.turn == 0 {
            self.scheduleNextTurn(context: context)
        } else {
            self.readIfWanted(context: context)
        }
    }

    func readIfWanted(context: ChannelHandlerContext) {
        guard self.wantsRead, !self.mustHoldRead(context: context) else { return }
        self.wantsRead = false
        context.read()
    }

    private func scheduleNextTurn(context: ChannelHandlerContext) {
        guard !self.isNextTurnScheduled else { return }
        self.isNextTurnScheduled = true
        context.eventLoop.assumeIsolated().scheduleTask(in: Self.breath) {
            self.isNextTurnScheduled = false
            self.turn = Self.turnLimit
            self.workOffWaiting(context: context)
        }
    }

    private func inputClosed(context: ChannelHandlerContext) {
        // What had to wait was not the full parser's yet when the input ended.
        guard !self.plain.isWithinRequest else {
            return self.leavePlain(with: self.plain.takeRest(), inputEnds: true)
        }
        let action = self.machine.inputClosed(now: .now())
        self.stopInflow(.connectionLost)
        switch action {
        case .close: context.close(promise: nil)
        case .closeOutput: self.closeOutput(context: context)
        case .stopBody, .none: break
        }
    }

    private func parserFailed(_ refusal: HTTPRefusal, context: ChannelHandlerContext) {
        let action = self.machine.parserFailed(refusal, now: .now())
        self.stopInflow(.malformed)
        switch action {
        case .refuse(let refusal): self.refuse(refusal, context: context)
        case .stopBody, .ignore: break
        }
    }

    private func refuse(_ refusal: HTTPRefusal, context: ChannelHandlerContext) {
        self.write(refusal.problem(limits: self.loop.limits).response, close: true, context: context)
        self.armTimer(context: context)
    }

    // MARK: Bytes and time

    private func write(_ response: HTTPResponse, close: Bool, context: ChannelHandlerContext) {
        let encoded = HTTPResponseEncoder.encode(
            response,
            includesBody: !self.answersHead,
            close: close,
            isHTTP10: self.answersHTTP10,
            date: self.loop.date.now(),
            allocator: context.channel.allocator
        )
        // What is refused before its header is read is no answer to the request before.
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

    /// Writes bytes and flushes them, once a batch where several answers go out in one.
    func write(_ bytes: ByteBuffer, context: ChannelHandlerContext) {
        context.write(self.wrapOutboundOut(bytes), promise: nil)
        self.needsFlush = true
        if !self.isBatching {
            self.flushIfNeeded(context: context)
        }
    }

    /// The loop has read what was there.
    func flushNow() {
        self.isFlushScheduled = false
        guard let context else { return }
        self.flushIfNeeded(context: context)
    }

    func flushIfNeeded(context: ChannelHandlerContext) {
        guard self.needsFlush else { return }
        self.needsFlush = false
        context.flush()
    }

    /// Ends the output behind what is written. The peer sees the end at once; our side goes when it has closed too, or
    /// when lingering is over.
    private func closeOutput(context: ChannelHandlerContext) {
        self.flushIfNeeded(context: context)
        self.waiting.removeAll()
        let closed = context.eventLoop.makePromise(of: Void.self)
        closed.futureResult.assumeIsolated().whenComplete { result in
            if case .failure = result {
                context.close(promise: nil)
            } else if self.machine.outputClosed(now: .now()) {
                context.close(promise: nil)
            } else {
                self.armTimer(context: context)
            }
        }
        context.close(mode: .output, promise: closed)
        self.armTimer(context: context)
    }

    /// Makes sure that the timer fires no later than the deadline. It is moved only when it fires: a deadline that
    /// only ever grows, as it does from request to request, costs nothing.
    func armTimer(context: ChannelHandlerContext) {
        let deadline = self.machine.deadline
        guard deadline < self.timerDeadline else { return }
        self.timer?.cancel()
        self.timerDeadline = deadline
        // Only an event loop that is shut down refuses, and then the connection is going too.
        self.timer = try? context.eventLoop.scheduleCallback(
            at: deadline,
            handler: Timer(target: NIOLoopBound((self, context), eventLoop: context.eventLoop))
        )
    }

    private func timerFired(context: ChannelHandlerContext) {
        self.timer = nil
        self.timerDeadline = .distantFuture
        switch self.machine.timerFired(now: .now()) {
        case .rearm:
            // While a request is with its route nothing can be late: the answer arms the timer again.
            if self.machine.deadline < .distantFuture {
                self.armTimer(context: context)
            }
        case .close:
            context.close(promise: nil)
        case .refuse(let refusal):
            self.stopInflow(.timeout)
            self.refuse(refusal, context: context)
        case .none:
            break
        }
    }

    private struct Timer: NIOScheduledCallbackHandler, Sendable {
        let target: NIOLoopBound<(HTTPConnectionHandler, ChannelHandlerContext)>

        func handleScheduledCallback(eventLoop: some EventLoop) {
            let (handler, context) = self.target.value
            handler.timerFired(context: context)
        }
    }

    private static let failure = Problem(
        .internalServerError,
        reason: "internal_error",
        detail: "The node failed to answer; its log says more. Send the request again."
    )
}
