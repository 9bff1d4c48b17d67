// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOHTTP1

/// The lifecycle of one HTTP/1.1 server connection: its place in a request, its deadlines, and how it ends.
///
/// Pure: it takes events and the time, and returns actions. One request is served at a time; the handler holds what
/// arrives meanwhile and stops reading.
struct HTTPConnectionStateMachine {
    private enum State {
        /// Between two requests. `isFirst` until the first request; `unread` is set when the idle time-out fired before
        /// the peer had read its responses: how many bytes were still unsent then.
        case idle(isFirst: Bool, unread: Int? = nil)
        /// Part of a request's header has arrived.
        case readingHead
        /// The header has arrived.
        case readingBody(HTTPRequestHead, ByteBuffer)
        /// The header of a plain request has arrived; its body is buffered elsewhere until complete.
        case readingPlainBody
        /// A request is with its route.
        case responding(keepAlive: Bool)
        /// A response is being streamed.
        case streaming(close: Bool)
        /// The last response is written, though perhaps not sent; input is read and discarded until the peer closes or
        /// the time is up.
        case lingering(isOutputClosed: Bool)
        /// Closed, or switched to another protocol.
        case finished
    }

    private let limits: HTTPLimits
    private var state: State = .idle(isFirst: true)
    private var partSinceReadComplete = false
    private var isQuiescing = false
    private var isInputClosed = false
    /// Whether no request can follow the current one.
    private var isLastRequest = false
    /// The body of the current request, if its route streams it.
    private var intake: HTTPBodyIntake?
    /// Whether the current request was refused while its route had it, so that the route's response is ignored.
    private var isAbandoned = false
    private var stateDeadline: NIODeadline

    /// When the current state times out; `distantFuture` if it does not.
    var deadline: NIODeadline {
        guard let intake = self.intake else { return self.stateDeadline }
        return min(self.stateDeadline, intake.deadline)
    }

    init(limits: HTTPLimits, now: NIODeadline) {
        self.limits = limits
        self.stateDeadline = now + limits.headerTimeout
    }

    /// Whether input is the body of the request that is being answered.
    var isTakingBody: Bool { self.intake?.isOpen ?? false }

    /// Whether reading of that body is suspended, since its buffered bytes were not taken.
    var isHoldingBody: Bool { self.intake?.holds ?? false }

    /// Whether a request is being answered: input other than its own body has to wait.
    var isResponding: Bool {
        switch self.state {
        case .responding, .streaming: true
        case .idle, .readingHead, .readingBody, .readingPlainBody, .lingering, .finished: false
        }
    }

    /// Whether all input is discarded.
    var ignoresInput: Bool {
        switch self.state {
        case .lingering, .finished: true
        case .idle, .readingHead, .readingBody, .readingPlainBody, .responding, .streaming: false
        }
    }

    // MARK: What the peer does

    enum HeadAction: Equatable {
        /// Continue reading; `sendContinue` if the peer waits for 100 (RFC 9110, section 10.1.1).
        case readBody(sendContinue: Bool)
        /// Pass the request to its route now; the body, of this length if declared, follows as the route asks.
        case respondStreaming(length: Int?)
        /// Answer with the error, then linger.
        case refuse(HTTPRefusal)
        case ignore
    }

    /// - Parameter takesStream: whether the route streams the body; called only for a body that is long or of unknown
    ///   length.
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
        // A body that fits into one read is complete before a route could use a part of it.
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

    /// The header of a plain request has arrived, its body has not.
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

    /// A plain request is complete. Returns whether to answer it.
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

    /// The partial request is handed to the full parser.
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
            // Drop the state's reference first, or appending would trigger copy-on-write.
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

    /// The read is complete.
    ///
    /// - Returns: the body bytes for the route, if it has asked.
    mutating func takeBody() -> ByteBuffer? {
        switch self.state {
        case .responding, .streaming: self.intake?.readCompleted()
        case .idle, .readingHead, .readingBody, .readingPlainBody, .lingering, .finished: nil
        }
    }

    /// The route asks for more of the body.
    mutating func bodyAsked(now: NIODeadline) -> HTTPBodyIntake.Asked {
        switch self.state {
        case .responding:
            return self.intake?.ask(now: now) ?? .none
        case .streaming:
            // A peer that has its response is not asked to continue.
            let asked = self.intake?.ask(now: now) ?? .none
            if case .wait = asked { return .wait(sendContinue: false) }
            return asked
        case .idle, .readingHead, .readingBody, .readingPlainBody, .lingering, .finished:
            return .none
        }
    }

    enum EndAction {
        case respond(HTTPRequestHead, ByteBuffer)
        /// Tell the route, which has asked, that the body is complete.
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
        /// The pending response continues; the rest of the request's body will not arrive.
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

    /// The channel's read is complete. Returns whether the deadline changed.
    mutating func readCompleted(now: NIODeadline) -> Bool {
        defer { self.partSinceReadComplete = false }
        return self.partSinceReadComplete ? false : self.headBegun(now: now)
    }

    /// Part of a request's header has arrived, possibly after a complete request: the next one has its own deadline.
    /// Returns whether the deadline changed.
    mutating func headBegun(now: NIODeadline) -> Bool {
        guard case .idle(let isFirst, _) = self.state else { return false }
        self.state = .readingHead
        // A new connection's header time-out runs from its accept.
        if !isFirst {
            self.stateDeadline = now + self.limits.headerTimeout
        }
        return true
    }

    enum InputClosedAction: Equatable {
        case close
        /// Flush, close the output, and report when that is done.
        case closeOutput
        /// The pending response is still owed and is the last. The rest of the request's body will not arrive.
        case stopBody
        /// The pending response is still owed and is the last.
        case none
    }

    /// The peer has closed its side.
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

    /// Everything is sent and the output is closed. Returns whether the connection can be closed.
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
        /// Write the response; `close` says whether it is the last of the connection.
        case write(close: Bool)
        /// The peer has disconnected.
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

    /// The route has begun a streamed response.
    mutating func streamStarted(closesConnection: Bool) -> ResponseAction {
        guard case .write(let close) = self.answering(closesConnection: closesConnection) else { return .drop }
        self.state = .streaming(close: close)
        return .write(close: close)
    }

    /// The action for a response that begins now. The rest of a body that the route did not read is discarded after the
    /// response, and not parsed as a request.
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

    /// A streamed response is completely written.
    mutating func streamEnded(now: NIODeadline) -> ResponseAction {
        guard case .streaming(let close) = self.state else { return .drop }
        self.state = .responding(keepAlive: !close)
        return self.responseReady(closesConnection: close, now: now)
    }

    /// The route has answered with an upgrade. Returns whether the connection is still open for it.
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
        /// The deadline has not passed; rearm the timer.
        case rearm
        case close
        case refuse(HTTPRefusal)
        case none
    }

    /// The timer has fired.
    ///
    /// - Parameter unread: how many written bytes have not been handed to the kernel yet.
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
            // A body has a deadline only while its route waits for it.
            self.abandon(now: now)
            return .refuse(.bodyTimeout)
        case .idle(let isFirst, let before) where unread < before ?? .max && (unread > 0 || before != nil):
            // A peer that keeps reading its responses is not idle; progress extends its deadline as for a streamed
            // response.
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

    /// The server takes no more requests. Returns whether to close the output now.
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

    /// Ends a request whose body will remain incomplete though its route has it.
    private mutating func abandon(now: NIODeadline) {
        self.isAbandoned = true
        self.intake = nil
        self.linger(now: now)
    }

    /// Makes what is written now, a response or a refusal, the connection's last.
    private mutating func linger(now: NIODeadline) {
        self.state = .lingering(isOutputClosed: false)
        self.stateDeadline = now + self.limits.bodyTimeout
    }
}
