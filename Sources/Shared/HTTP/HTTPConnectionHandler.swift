// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
internal import Logging
internal import NIOCore
internal import NIOExtras
internal import NIOHTTP1

/// Serves one connection: runs what `HTTPConnectionStateMachine` decides.
///
/// It parses plain requests from the bytes that `PlainRequestHandler` hands over; all others go through NIO's request
/// decoder, which that handler installs before this one. It writes bytes, so that a response passes no further handler.
/// All methods run on the channel's event loop.
final class HTTPConnectionHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Input that arrived while a request was being answered.
    enum Waiting {
        case plainBytes(ByteBuffer)
        case part(HTTPServerRequestPart)
        case failure(HTTPRefusal)
        case inputClosed
    }

    let loop: HTTPLoop
    /// The client's address as reported by a trusted proxy.
    private(set) var proxiedAddress: SocketAddress?
    var machine: HTTPConnectionStateMachine
    var plain: PlainRequestReader
    var context: ChannelHandlerContext?
    /// The source of the bytes while all requests are plain.
    var plainSource: PlainRequestHandler?
    var waiting: Deque<Waiting> = []
    /// Limits what is served before the loop's other connections get a turn.
    var turn = RequestTurn()
    private var isNextTurnScheduled = false
    /// Answers are being collected, to go out in one flush.
    var isBatching = false
    var needsFlush = false
    private var isFlushScheduled = false
    var wantsRead = false
    /// The pending response is expected soon enough to keep reading.
    var readsAhead = false
    private var timer = HTTPConnectionTimer()
    /// Whether the pending response is to a HEAD request.
    var answersHead = false
    var answersHTTP10 = false
    /// The streamed response in progress.
    var stream: HTTPBodyStream?
    /// The body of the current request, if its route streams it.
    var inflow: HTTPBodyInflow?
    /// Tells the producer of the pending response that the peer no longer waits for it.
    var abandon: (@Sendable () -> Void)?

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
        self.waiting.removeAll()
        self.connectionEnded()
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.connectionEnded()
        context.fireChannelInactive()
    }

    /// Notifies everything still attached to the connection.
    private func connectionEnded() {
        self.machine.finished()
        self.timer.cancel()
        self.stream.take()?.connectionLost()
        self.stopInflow(.connectionLost)
        self.abandon.take()?()
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

    func channelReadComplete(context: ChannelHandlerContext) {
        self.isBatching = false
        self.deliverBody()
        if self.machine.readCompleted(now: .now()) {
            self.armTimer(context: context)
        }
        self.flushSoonIfNeeded(context: context)
        if self.waiting.isEmpty, !self.plain.hasNews {
            self.turn = RequestTurn()
        } else {
            self.takePendingInput(context: context)
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            self.stream?.becameWritable()
            self.takePendingInput(context: context)
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
            // More bytes after an error that is being answered are discarded.
        } else if error is ByteToMessageDecoderError.PayloadTooLargeError, self.machine.ignoresInput {
            // The same after the last response.
        } else {
            // For example, a peer that sends much of another protocol before the upgrade was accepted.
            self.loop.noteFailure(error, of: self.proxiedAddress ?? context.channel.remoteAddress)
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
        case let event as ProxiedClient:
            self.proxiedAddress = event.address
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

    /// Whether reading is suspended.
    private func mustHoldRead(context: ChannelHandlerContext) -> Bool {
        if self.machine.isHoldingBody { return true }
        guard self.readsAhead else { return self.mustWait(context: context) }
        return !self.waiting.isEmpty || self.plain.hasNews || self.turn.isOver || !context.channel.isWritable
    }

    /// Whether input must wait: for the pending response, for the peer to read earlier responses, or for its turn. At
    /// most one read is held, since no more is requested.
    func mustWait(context: ChannelHandlerContext) -> Bool {
        !self.waiting.isEmpty || self.plain.hasNews || !self.takesNext(context: context)
    }

    /// Whether the next input can be processed in this turn. A body is taken even while the peer does not read: it may
    /// do so only after sending all of it.
    func takesNext(context: ChannelHandlerContext) -> Bool {
        !self.turn.isOver
            && (self.machine.isTakingBody || (!self.machine.isResponding && context.channel.isWritable))
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
                self.turn.serve(now: context.eventLoop.now)
                guard let streamed else { preconditionFailure("a body is streamed to a route") }
                self.respond(streamed, length: length, context: context)
            case .readBody(let sendContinue):
                if sendContinue { self.sendContinue(context: context) }
                self.armTimer(context: context)
            case .refuse(let refusal):
                self.refuse(refusal, context: context)
            case .ignore:
                break
            }
        case .body(let bytes):
            switch self.machine.bodyReceived(bytes, now: .now()) {
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

    /// Continues with pending input, within this turn's limit.
    func takePendingInput(context: ChannelHandlerContext) {
        // Routes that answer at once re-enter here for every request; the end of the read processes what is pending.
        guard !self.isBatching else { return }
        self.isBatching = true
        self.turn.resume()
        while self.takesNext(context: context) {
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
        self.deliverBody()
        self.flushSoonIfNeeded(context: context)
        if self.turn.isOver {
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

    /// Whether the peer has closed its side, though it is not processed yet.
    var isInputClosed: Bool {
        self.waiting.contains { if case .inputClosed = $0 { true } else { false } }
    }

    private func scheduleNextTurn(context: ChannelHandlerContext) {
        guard !self.isNextTurnScheduled else { return }
        self.isNextTurnScheduled = true
        self.loop.router.turns.wait(on: context.eventLoop) {
            self.isNextTurnScheduled = false
            self.turn = RequestTurn()
            self.takePendingInput(context: context)
        }
    }

    private func inputClosed(context: ChannelHandlerContext) {
        // The pending input had not reached the full parser when the input ended.
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

    // MARK: Bytes and time

    /// Writes bytes, to be flushed together with those of the loop's other connections: a store completes many at once.
    func write(_ bytes: ByteBuffer, context: ChannelHandlerContext) {
        context.write(self.wrapOutboundOut(bytes), promise: nil)
        self.needsFlush = true
        if !self.isBatching {
            self.flushSoonIfNeeded(context: context)
        }
    }

    private func flushSoonIfNeeded(context: ChannelHandlerContext) {
        guard self.needsFlush, !self.isFlushScheduled else { return }
        self.isFlushScheduled = true
        self.loop.flushSoon(self, on: context.eventLoop)
    }

    /// The loop has finished its reads.
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

    /// Shuts down the output after what is written. The peer sees the end at once; the connection closes when the peer
    /// has closed too, or when lingering ends.
    ///
    /// Where the peer has closed its side, NIO treats closing the output as closing the connection and discards
    /// unwritten data. So the output is closed after a final empty write has completed.
    func closeOutput(context: ChannelHandlerContext) {
        self.waiting.removeAll()
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenComplete { result in
            switch result {
            case .success: self.endOutput(context: context)
            case .failure: context.close(promise: nil)
            }
        }
        self.needsFlush = false
        context.writeAndFlush(self.wrapOutboundOut(ByteBuffer()), promise: written)
        self.armTimer(context: context)
    }

    private func endOutput(context: ChannelHandlerContext) {
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
    }

    func armTimer(context: ChannelHandlerContext) {
        self.timer.arm(for: self.machine.deadline, handler: self, context: context)
    }

    func timerFired(context: ChannelHandlerContext) {
        self.timer.fired()
        // Fails only on a closed channel, which has no write queue.
        let unread = (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
        switch self.machine.timerFired(now: .now(), unread: unread) {
        case .rearm:
            // While a request is with its route there is no deadline: the response rearms the timer.
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
}
