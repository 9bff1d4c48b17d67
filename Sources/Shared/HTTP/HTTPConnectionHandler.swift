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
    enum Waiting {
        case plainBytes(ByteBuffer)
        case part(HTTPServerRequestPart)
        case failure(HTTPRefusal)
        case inputClosed
    }

    /// How many requests are served before the other connections of the loop have a turn: a peer may send thousands in
    /// one packet.
    private static let turnLimit = 64
    /// How long the loop is left to them. Only a timer lets them run: a task that is executed anew each time does not.
    private static let yieldTime = TimeAmount.microseconds(20)

    let loop: HTTPLoop
    /// Where a trusted proxy says that the connection's client is.
    private(set) var proxiedAddress: SocketAddress?
    var machine: HTTPConnectionStateMachine
    var plain: PlainRequestReader
    var context: ChannelHandlerContext?
    /// What the bytes come from, as long as all requests were plain.
    var plainSource: PlainRequestHandler?
    var waiting: Deque<Waiting> = []
    /// How many more requests this turn serves.
    var turn = HTTPConnectionHandler.turnLimit
    private var isNextTurnScheduled = false
    /// Answers are being collected, to go out in one flush.
    var isBatching = false
    var needsFlush = false
    private var isFlushScheduled = false
    var wantsRead = false
    /// The answer under way comes soon enough to go on reading.
    var readsOn = false
    private var timer = HTTPConnectionTimer()
    /// How the answer under way has to be written.
    var answersHead = false
    var answersHTTP10 = false
    /// The answer under way that comes piece by piece.
    var stream: HTTPBodyStream?
    /// The body of the request under way, where its route takes it piece by piece.
    var inflow: HTTPBodyInflow?
    /// Tells whoever makes the answer under way that the peer does not wait for it.
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

    /// Tells everybody who still has a part in the connection.
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
        } else if error is ByteToMessageDecoderError.PayloadTooLargeError, self.machine.ignoresInput {
            // The same behind an answer that was the last.
        } else {
            // Among others, a peer that speaks another protocol at length before it was told that it may.
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

    /// Whether no more input is asked for now.
    private func mustHoldRead(context: ChannelHandlerContext) -> Bool {
        if self.machine.isHoldingBody { return true }
        guard self.readsOn else { return self.mustWait(context: context) }
        return !self.waiting.isEmpty || self.plain.hasNews || self.turn == 0 || !context.channel.isWritable
    }

    /// Whether input waits: for the answer under way, for the peer to read what it was answered, or for its turn. What
    /// waits is bounded by a read, since no more is asked for.
    func mustWait(context: ChannelHandlerContext) -> Bool {
        !self.waiting.isEmpty || self.plain.hasNews || !self.takesNext(context: context)
    }

    /// Whether the next input can be taken in this turn. A body goes its way also while the peer does not read: it may do
    /// so only after it has sent all.
    func takesNext(context: ChannelHandlerContext) -> Bool {
        self.turn > 0
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
                self.turn -= 1
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

    /// Goes on with what had to wait, as far as this turn goes.
    func workOffWaiting(context: ChannelHandlerContext) {
        // Routes that answer at once bring us back here for every request, and a read works off what it can at its end.
        guard !self.isBatching else { return }
        self.isBatching = true
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

    /// Whether the peer has finished its side, though it is not dealt with yet.
    var isInputClosed: Bool {
        self.waiting.contains { if case .inputClosed = $0 { true } else { false } }
    }

    private func scheduleNextTurn(context: ChannelHandlerContext) {
        guard !self.isNextTurnScheduled else { return }
        self.isNextTurnScheduled = true
        context.eventLoop.assumeIsolated().scheduleTask(in: Self.yieldTime) {
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

    // MARK: Bytes and time

    /// Writes bytes, which are flushed with those of the loop's other connections: a store answers for many at once.
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
    ///
    /// Where the peer has finished its side, NIO takes the end of ours for that of the connection, and throws away what the
    /// system has not taken yet. So the end follows behind a last write of nothing.
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
        // Only a channel that is closed has no answer, and there is no queue any more.
        let unread = (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
        switch self.machine.timerFired(now: .now(), unread: unread) {
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
}
