// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1

/// The life of one HTTP/1.1 connection on a server: where it stands in a request, what is late, and how it ends.
///
/// Pure: it is told of what came and of the time, and says what to do. One request is served at a time; the handler
/// keeps what arrives meanwhile and asks the transport for no more.
struct HTTPConnectionStateMachine {
    private enum State {
        /// Between two requests. `isFirst` until a first request has come; `unread` where the time was over before the peer
        /// had read its answers: how many bytes of them still waited then.
        case idle(isFirst: Bool, unread: Int? = nil)
        /// Some bytes of a request's header have come.
        case readingHead
        /// The header has come.
        case readingBody(HTTPRequestHead, ByteBuffer)
        /// The header of a plain request has come; its body is kept elsewhere until it is whole.
        case readingPlainBody
        /// A request is with its route.
        case responding(keepAlive: Bool)
        /// A request's answer is being written piece by piece.
        case streaming(close: Bool)
        /// The last answer is written, though perhaps not sent; input is read and thrown away until the peer closes or
        /// the time is up.
        case lingering(isOutputClosed: Bool)
        /// Nothing is done with the connection any more: it is closed or speaks another protocol.
        case finished
    }

    private let limits: HTTPLimits
    private var state: State = .idle(isFirst: true)
    private var partSinceReadComplete = false
    private var isQuiescing = false
    private var isInputClosed = false
    /// Whether nothing can follow the request under way.
    private var isLastRequest = false
    /// The body of the request that is with its route, where that takes it piece by piece.
    private var intake: HTTPBodyIntake?
    /// Whether a request was refused while its route had it, so that an answer is still to come and means nothing.
    private var isAbandoned = false
    private var stateDeadline: NIODeadline

    /// When the present state is too old; `distantFuture` where it may last.
    var deadline: NIODeadline {
        guard let intake = self.intake else { return self.stateDeadline }
        return min(self.stateDeadline, intake.deadline)
    }

    init(limits: HTTPLimits, now: NIODeadline) {
        self.limits = limits
        self.stateDeadline = now + limits.headerTimeout
    }

    /// Whether what comes is the body of the request that is being answered.
    var isTakingBody: Bool { self.intake?.isOpen ?? false }

    /// Whether no more of that body may be read, since what has come was not taken.
    var isHoldingBody: Bool { self.intake?.holds ?? false }

    /// Whether a request is being answered: what comes has to wait where it is not that request's own body.
    var isResponding: Bool {
        switch self.state {
        case .responding, .streaming: true
        case .idle, .readingHead, .readingBody, .readingPlainBody, .lingering, .finished: false
        }
    }

    /// Whether all that comes is thrown away.
    var ignoresInput: Bool {
        switch self.state {
        case .lingering, .finished: true
        case .idle, .readingHead, .readingBody, .readingPlainBody, .responding, .streaming: false
        }
    }

    // MARK: What the peer does

    enum HeadAction: Equatable {
        /// Go on reading; `sendContinue` where the peer waits for 100 (RFC 9110, section 10.1.1).
        case readBody(sendContinue: Bool)
        /// Give the request to its route now; the body, of this length where one was said, follows as the route asks.
        case respondStreaming(length: Int?)
        /// Answer with the error, then linger.
        case refuse(HTTPRefusal)
        case ignore
    }

    /// - Parameter takesStream: whether the route takes the body piece by piece; asked only for a body that is long or of
    ///   unknown length.
    mutating func headReceived(
        _ head: HTTPRequestHead,
        now: NIODeadline,
        takesStream: () -> Bool = { false }
    ) -> HeadAction {
        self.partSinceReadComplete = true
        switch self.state {
        case .idle, .readingHead:
            break
        case .readingBody, .readingPlainBody, .responding, .streaming:
            preconditionFailure("a request's header cannot come before the last request was answered")
        case .lingering, .finished:
            return .ignore
        }
        let framing: RequestFraming
        do throws(HTTPRefusal) {
            framing = try RequestFraming(head)
        } catch {
            self.linger(now: now)
            return .refuse(error)
        }
        self.isLastRequest = framing.isLast
        // What fits into one read is had whole before a route could do anything with a part of it.
        let isLong = framing.length ?? 0 > min(self.limits.body, HTTPLimits.bodyWindow)
        if framing.isChunked || isLong, takesStream() {
            self.intake = HTTPBodyIntake(time: self.limits.bodyTimeout, expectsContinue: framing.expectsContinue)
            self.state = .responding(keepAlive: head.isKeepAlive && !self.isLastRequest)
            self.stateDeadline = .distantFuture
            return .respondStreaming(length: framing.length)
        }
        if let length = framing.length, length > self.limits.body {
            self.linger(now: now)
            return .refuse(.bodyTooLarge)
        }
        self.state = .readingBody(head, ByteBuffer())
        self.stateDeadline = now + self.limits.bodyTimeout
        return .readBody(sendContinue: framing.expectsContinue)
    }

    /// The header of a plain request has come, and its body has not.
    mutating func plainHeadReceived(now: NIODeadline) {
        switch self.state {
        case .idle, .readingHead:
            self.partSinceReadComplete = true
            self.state = .readingPlainBody
            self.stateDeadline = now + self.limits.bodyTimeout
        case .readingPlainBody, .lingering, .finished:
            break
        case .readingBody, .responding, .streaming:
            preconditionFailure("a request's header cannot come before the last request was answered")
        }
    }

    /// A plain request has come whole. Returns whether it is to be answered.
    ///
    /// - Parameter isHandshake: whether it asks for another protocol: it is the connection's last request then, since
    ///   what follows may be that protocol's.
    mutating func plainRequestReceived(isHandshake: Bool) -> Bool {
        switch self.state {
        case .idle, .readingHead, .readingPlainBody:
            self.partSinceReadComplete = true
            self.state = .responding(keepAlive: !isHandshake)
            self.stateDeadline = .distantFuture
            return true
        case .lingering, .finished:
            return false
        case .readingBody, .responding, .streaming:
            preconditionFailure("a request cannot come before the last one was answered")
        }
    }

    /// What has come of a request is read anew by the full parser.
    mutating func plainRequestAbandoned() {
        guard case .readingPlainBody = self.state else { return }
        self.state = .readingHead
    }

    enum BodyAction: Equatable {
        case none
        case refuse(HTTPRefusal)
    }

    mutating func bodyReceived(_ bytes: ByteBuffer, now: NIODeadline) -> BodyAction {
        self.partSinceReadComplete = true
        switch self.state {
        case .readingBody(let head, var body):
            guard body.readableBytes + bytes.readableBytes <= self.limits.body else {
                self.linger(now: now)
                return .refuse(.bodyTooLarge)
            }
            // Let go of the state's reference first, or appending would copy what has come so far.
            self.state = .finished
            if body.readableBytes == 0 {
                body = bytes
            } else {
                var rest = bytes
                body.writeBuffer(&rest)
            }
            self.state = .readingBody(head, body)
            return .none
        case .responding, .streaming:
            precondition(self.isTakingBody, "a body cannot come without its header")
            self.intake?.receive(bytes, now: now)
            return .none
        case .lingering, .finished:
            return .none
        case .idle, .readingHead, .readingPlainBody:
            preconditionFailure("a body cannot come without its header")
        }
    }

    /// All that was read was taken.
    ///
    /// - Returns: what the route gets of its body, if it has asked.
    mutating func takeBody() -> ByteBuffer? {
        switch self.state {
        case .responding, .streaming: self.intake?.readCompleted()
        case .idle, .readingHead, .readingBody, .readingPlainBody, .lingering, .finished: nil
        }
    }

    /// The route takes more of the body.
    mutating func bodyAsked(now: NIODeadline) -> HTTPBodyIntake.Asked {
        switch self.state {
        case .responding:
            return self.intake?.ask(now: now) ?? .none
        case .streaming:
            // A peer that has its answer is not asked to go on.
            let asked = self.intake?.ask(now: now) ?? .none
            if case .wait = asked { return .wait(sendContinue: false) }
            return asked
        case .idle, .readingHead, .readingBody, .readingPlainBody, .lingering, .finished:
            return .none
        }
    }

    enum EndAction {
        case respond(HTTPRequestHead, ByteBuffer)
        /// Tell the route, which has asked, that the body is whole.
        case deliverEnd
        case none
    }

    mutating func endReceived() -> EndAction {
        self.partSinceReadComplete = true
        switch self.state {
        case .readingBody(let head, let body):
            self.state = .responding(keepAlive: head.isKeepAlive && !self.isLastRequest)
            self.stateDeadline = .distantFuture
            return .respond(head, body)
        case .responding, .streaming:
            precondition(self.isTakingBody, "a request cannot end without its header")
            return self.intake?.end() == true ? .deliverEnd : .none
        case .lingering, .finished:
            return .none
        case .idle, .readingHead, .readingPlainBody:
            preconditionFailure("a request cannot end without its header")
        }
    }

    enum FailureAction: Equatable {
        case refuse(HTTPRefusal)
        /// The answer that is under way goes on; the rest of the request's body will not come.
        case stopBody
        case ignore
    }

    /// The parser would not take the peer's bytes.
    mutating func parserFailed(_ refusal: HTTPRefusal, now: NIODeadline) -> FailureAction {
        switch self.state {
        case .idle, .readingHead, .readingBody, .readingPlainBody:
            self.linger(now: now)
            return .refuse(refusal)
        case .responding:
            precondition(self.isTakingBody, "an error behind a request waits until that is answered")
            self.abandon(now: now)
            return .refuse(refusal)
        case .streaming:
            precondition(self.isTakingBody, "an error behind a request waits until that is answered")
            self.intake?.stop()
            return .stopBody
        case .lingering, .finished:
            return .ignore
        }
    }

    /// The transport has handed over all it had. Returns whether the deadline changed.
    mutating func readCompleted(now: NIODeadline) -> Bool {
        defer { self.partSinceReadComplete = false }
        return self.partSinceReadComplete ? false : self.headBegun(now: now)
    }

    /// Part of a request's header has come; also where a whole request came with it, which tells nothing of the next one's
    /// time. Returns whether the deadline changed.
    mutating func headBegun(now: NIODeadline) -> Bool {
        guard case .idle(let isFirst, _) = self.state else { return false }
        self.state = .readingHead
        // A new connection's time runs since it was accepted.
        if !isFirst {
            self.stateDeadline = now + self.limits.headerTimeout
        }
        return true
    }

    enum InputClosedAction: Equatable {
        case close
        /// Send what is written, close the output, and tell when that is done.
        case closeOutput
        /// The answer that is under way is still owed; it is the last. The rest of the request's body will not come.
        case stopBody
        /// The answer that is under way is still owed; it is the last.
        case none
    }

    /// The peer sends no more.
    mutating func inputClosed(now: NIODeadline) -> InputClosedAction {
        self.isInputClosed = true
        switch self.state {
        case .responding where self.isTakingBody:
            self.abandon(now: now)
            return .closeOutput
        case .streaming where self.isTakingBody:
            self.intake?.stop()
            return .stopBody
        case .responding, .streaming, .lingering(isOutputClosed: false):
            return .none
        case .idle, .readingHead, .readingBody, .readingPlainBody:
            self.linger(now: now)
            return .closeOutput
        case .lingering(isOutputClosed: true), .finished:
            self.finished()
            return .close
        }
    }

    /// All that was written is sent, and the output is closed. Returns whether the connection can be closed.
    mutating func outputClosed(now: NIODeadline) -> Bool {
        guard case .lingering(isOutputClosed: false) = self.state else { return false }
        guard !self.isInputClosed else {
            self.finished()
            return true
        }
        self.state = .lingering(isOutputClosed: true)
        self.stateDeadline = now + self.limits.lingerTimeout
        return false
    }

    // MARK: What we do

    enum ResponseAction: Equatable {
        /// Write the answer; `close` says whether it is the last of the connection.
        case write(close: Bool)
        /// The peer has gone.
        case drop
    }

    /// The route has answered.
    mutating func responseReady(closesConnection: Bool, now: NIODeadline) -> ResponseAction {
        guard case .write(let close) = self.answering(closesConnection: closesConnection) else { return .drop }
        self.intake = nil
        if close {
            self.linger(now: now)
        } else {
            self.state = .idle(isFirst: false)
            self.stateDeadline = now + self.limits.idleTimeout
        }
        return .write(close: close)
    }

    /// The route has begun an answer whose body comes piece by piece.
    mutating func streamStarted(closesConnection: Bool) -> ResponseAction {
        guard case .write(let close) = self.answering(closesConnection: closesConnection) else { return .drop }
        self.state = .streaming(close: close)
        return .write(close: close)
    }

    /// What becomes of an answer that begins now. What is left of a body that its route did not wait for is thrown away
    /// behind the answer, and nothing there is taken for a request.
    private func answering(closesConnection: Bool) -> ResponseAction {
        switch self.state {
        case .responding(let keepAlive):
            .write(
                close: !keepAlive || closesConnection || self.isQuiescing || self.isInputClosed || self.isTakingBody
            )
        case .finished:
            .drop
        case .lingering where self.isAbandoned:
            .drop
        case .idle, .readingHead, .readingBody, .readingPlainBody, .streaming, .lingering:
            preconditionFailure("an answer without a request")
        }
    }

    /// The peer does not read what is streamed to it.
    mutating func streamPaused(now: NIODeadline) {
        guard case .streaming = self.state else { return }
        self.stateDeadline = now + self.limits.bodyTimeout
    }

    /// The peer reads again.
    mutating func streamResumed() {
        guard case .streaming = self.state else { return }
        self.stateDeadline = .distantFuture
    }

    /// All of a streamed answer is written.
    mutating func streamEnded(now: NIODeadline) -> ResponseAction {
        guard case .streaming(let close) = self.state else { return .drop }
        self.state = .responding(keepAlive: !close)
        return self.responseReady(closesConnection: close, now: now)
    }

    /// The route has answered with another protocol. Returns whether the connection is still there to speak it.
    mutating func upgradeReady() -> Bool {
        switch self.state {
        case .responding:
            let isOpen = !self.isInputClosed
            self.finished()
            return isOpen
        case .finished:
            return false
        case .lingering where self.isAbandoned:
            return false
        case .idle, .readingHead, .readingBody, .readingPlainBody, .streaming, .lingering:
            preconditionFailure("an upgrade without a request")
        }
    }

    enum TimerAction: Equatable {
        /// Nothing is late; look again at the deadline.
        case rearm
        case close
        case refuse(HTTPRefusal)
        case none
    }

    /// The timer has fired.
    ///
    /// - Parameter unread: how many bytes of what was written wait to be given to the system.
    mutating func timerFired(now: NIODeadline, unread: Int = 0) -> TimerAction {
        if case .finished = self.state { return .none }
        guard now >= self.deadline else { return .rearm }
        switch self.state {
        case .readingHead:
            self.linger(now: now)
            return .refuse(.headerTimeout)
        case .readingBody, .readingPlainBody:
            self.linger(now: now)
            return .refuse(.bodyTimeout)
        case .responding:
            // Only a body that its route waits for has a time.
            self.abandon(now: now)
            return .refuse(.bodyTimeout)
        case .idle(let isFirst, let before) where unread < before ?? .max && (unread > 0 || before != nil):
            // Whoever reads its answers is not idle; it has the time of a streamed answer for each look at them.
            self.state = .idle(isFirst: isFirst, unread: unread > 0 ? unread : nil)
            self.stateDeadline = now + (unread > 0 ? self.limits.bodyTimeout : self.limits.idleTimeout)
            return .rearm
        case .idle, .streaming, .lingering:
            self.finished()
            return .close
        case .finished:
            return .none
        }
    }

    /// The server takes no more requests. Returns whether the output is to be closed now.
    mutating func quiesce(now: NIODeadline) -> Bool {
        self.isQuiescing = true
        guard case .idle = self.state else { return false }
        self.linger(now: now)
        return true
    }

    /// The connection is closed.
    mutating func finished() {
        self.state = .finished
        self.intake = nil
        self.stateDeadline = .distantFuture
    }

    /// Ends a request whose body will not be whole though its route has it.
    private mutating func abandon(now: NIODeadline) {
        self.isAbandoned = true
        self.intake = nil
        self.linger(now: now)
    }

    /// Makes what is written now, an answer or a refusal, the last of the connection.
    private mutating func linger(now: NIODeadline) {
        self.state = .lingering(isOutputClosed: false)
        self.stateDeadline = now + self.limits.bodyTimeout
    }
}
