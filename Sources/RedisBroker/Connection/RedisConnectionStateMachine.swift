// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
internal import NIOCore
internal import Shared

/// One connection for commands: handshake, pipelining, pings, and the end. No IO and no clock of its own; `Request` is
/// the caller's context for a reply.
///
/// A connection counts as dead when it is silent with a reply outstanding, not when a reply takes long: earlier replies
/// may be large, and the link slow. The oldest command may be large too: it gets the time that its bytes take to be
/// sent, which cannot be observed, since the kernel buffers megabytes.
///
/// A request that waits too long fails anyway, and its reply is dropped when it arrives; except for patient ones, which
/// would only be repeated.
///
/// Its life: connecting, handshaking, ready, closing (commands in flight are finished), closed.
struct RedisConnectionStateMachine<Request> {
    struct Configuration: Sendable {
        var handshakeTimeout: TimeAmount
        /// How long it may be silent while a command is unanswered.
        var commandTimeout: TimeAmount
        /// How long a request waits while bytes arrive; not shorter than `commandTimeout`.
        var slowCommandTimeout = TimeAmount.seconds(10)
        /// The slowest supported link, in bytes of a command per second.
        var leastBytesPerSecond = 128 << 10
        var pingInterval: TimeAmount
        var pingTimeout: TimeAmount
        var maximumPendingCommands: Int
        var maximumPendingBytes: Int
        /// How long a server-wide error affects the health after it was last seen.
        var troubleTime = TimeAmount.seconds(2)
        /// The same for errors that pings do not reveal: longer than the time until a probe is stored again.
        var unseenTroubleTime = TimeAmount.seconds(12)
        /// How late the timer may fire; a later one means that our event loop was blocked, not that Redis is silent.
        var timerTolerance = TimeAmount.milliseconds(250)
        /// Whether it is a node of a cluster, which may rightly say MOVED.
        var isClusterNode = false
    }

    private enum State {
        case connecting
        case handshaking(RedisHandshake, deadline: NIODeadline)
        case ready
        case closing
        case closed
    }

    private struct Pending {
        /// Nil if the reply is ignored.
        var request: Request?
        var bytes: Int
        var sent: NIODeadline
        /// Whether it is our own: a ping, or a prefix of a request.
        var isOwn = false
        /// Whether the request waits for as long as bytes arrive.
        var isPatient = false
    }

    /// Trouble of an established connection.
    enum Trouble: Equatable {
        /// It did not answer a ping in time, or a reply takes so long that only patient requests wait.
        case stalled
        /// The server answers with server-wide errors.
        case refusing(RedisError)
    }

    /// The end of the connection, and the requests that will have no reply.
    struct Closing {
        var loss: RedisLoss
        var failures: [Failure]
    }

    /// A request that will have no reply.
    struct Failure {
        var request: Request
        var error: BrokerError
    }

    private let configuration: Configuration
    private var state: State = .connecting
    private var pending: Deque<Pending> = []
    private var pendingBytes = 0
    /// How many of `pending`, from its front, are overdue: only patient requests still wait.
    private var overdue = 0
    /// When bytes came last.
    private var lastRead = NIODeadline.distantPast
    private var nextPing = NIODeadline.distantFuture
    private var timer: NIODeadline?
    private var troubleEnds = NIODeadline.distantPast

    /// When the command was sent that was answered last.
    private(set) var lastAnswerSent = NIODeadline.distantPast

    /// Nil if there is none.
    private(set) var trouble: Trouble?

    init(configuration: Configuration) {
        self.configuration = configuration
    }

    /// Whether commands are accepted.
    var isReady: Bool {
        if case .ready = self.state { true } else { false }
    }

    /// Whether it is over.
    var isClosed: Bool {
        if case .closed = self.state { true } else { false }
    }

    private mutating func close(_ loss: RedisLoss, now: NIODeadline?) -> Closing {
        self.state = .closed
        self.pendingBytes = 0
        self.overdue = 0
        let failures = self.pending.compactMap { pending -> Failure? in
            guard let request = pending.request else { return nil }
            if let now, pending.sent + self.configuration.commandTimeout <= now {
                return Failure(request: request, error: .timeout)
            }
            return Failure(request: request, error: loss.reason == .shutdown ? .closed : .unavailable)
        }
        self.pending = []
        return Closing(loss: loss, failures: failures)
    }

    /// The time that the timer must be set to, or nil where it is set early enough.
    private mutating func timer(at time: NIODeadline) -> NIODeadline? {
        if let timer, timer <= time { return nil }
        self.timer = time
        return time
    }
}

// MARK: Opening

extension RedisConnectionStateMachine {
    /// The transport stands.
    mutating func connected(_ handshake: RedisHandshake, now: NIODeadline) -> RedisConnectedAction {
        guard case .connecting = self.state else { return .ignore }
        let deadline = now + self.configuration.handshakeTimeout
        self.state = .handshaking(handshake, deadline: deadline)
        self.timer = deadline
        return .wait(timer: deadline)
    }
}

// MARK: Commands

extension RedisConnectionStateMachine {
    enum SendAction: Equatable {
        /// Write the command, and set the timer where there is a time.
        case write(timer: NIODeadline?)
        /// Fail the request.
        case refuse(BrokerError)
    }

    /// A command is to be sent.
    ///
    /// - Parameters:
    ///   - bytes: its length.
    ///   - isPatient: whether the request waits for as long as bytes arrive.
    mutating func sendRequested(
        _ request: Request,
        bytes: Int,
        isPatient: Bool = false,
        now: NIODeadline
    ) -> SendAction {
        switch self.state {
        case .connecting, .handshaking, .closed:
            return .refuse(.unavailable)
        case .closing:
            return .refuse(.closed)
        case .ready:
            guard self.pending.count < self.configuration.maximumPendingCommands,
                bytes <= self.configuration.maximumPendingBytes - self.pendingBytes
            else { return .refuse(.overloaded) }
            self.pendingBytes += bytes
            self.pending.append(Pending(request: request, bytes: bytes, sent: now, isPatient: isPatient))
            return .write(timer: self.timer(at: now + self.configuration.commandTimeout))
        }
    }

    /// A command is to be sent directly after another one whose reply is ignored.
    ///
    /// - Parameters:
    ///   - bytes: the length of both.
    ///   - isPatient: whether the request waits for as long as bytes arrive.
    mutating func sendRequested(
        _ request: Request,
        behindAnother bytes: Int,
        isPatient: Bool = false,
        now: NIODeadline
    ) -> SendAction {
        if case .ready = self.state {
            guard self.pending.count < self.configuration.maximumPendingCommands - 1,
                bytes <= self.configuration.maximumPendingBytes - self.pendingBytes
            else { return .refuse(.overloaded) }
            self.pending.append(Pending(request: nil, bytes: 0, sent: now, isOwn: true))
        }
        return self.sendRequested(request, bytes: bytes, isPatient: isPatient, now: now)
    }

    enum ReplyAction {
        case ignore
        /// The handshake is over: tell the owner, and set the timer.
        case becomeReady(timer: NIODeadline?)
        /// Complete the request.
        case complete(Request, Result<RESPValue, RedisError>)
        /// Complete the request, then fail the others and close.
        case completeAndClose(Request, Result<RESPValue, RedisError>, Closing)
        /// Fail all requests and close.
        case close(Closing)
    }

    /// A whole reply came.
    mutating func replyReceived(_ reply: RESPValue, now: NIODeadline) -> ReplyAction {
        switch self.state {
        case .connecting, .closed:
            return .ignore
        case .handshaking(var handshake, let deadline):
            switch handshake.replyReceived(reply) {
            case .wait:
                self.state = .handshaking(handshake, deadline: deadline)
                return .ignore
            case .fail(let loss):
                return .close(self.close(loss, now: now))
            case .finish:
                self.state = .ready
                self.nextPing = now + self.configuration.pingInterval
                if case .error(let line) = reply { self.refused(.command(line), now: now) }
                return .becomeReady(timer: self.timer(at: self.nextPing))
            }
        case .ready, .closing:
            return self.replyToPendingReceived(reply, now: now)
        }
    }

    private mutating func replyToPendingReceived(_ reply: RESPValue, now: NIODeadline) -> ReplyAction {
        guard let pending = self.pending.popFirst() else {
            let error: RedisError? = if case .error(let line) = reply { .command(line) } else { nil }
            return .close(self.close(RedisLoss(.unexpectedReply, error.map { "\($0)" }), now: now))
        }
        self.pendingBytes -= pending.bytes
        self.lastAnswerSent = pending.sent
        if self.overdue > 0 { self.overdue -= 1 }
        if case .stalled = self.trouble, self.overdue == 0 { self.trouble = nil }
        guard case .error(let line) = reply else {
            guard let request = pending.request else { return self.finishedIfClosing() }
            return self.completed(request, .success(reply))
        }
        let error = RedisError.command(line)
        switch error.meaning {
        case .connection(let reason):
            let closing = self.close(RedisLoss(reason, "\(error)"), now: now)
            guard let request = pending.request else { return .close(closing) }
            return .completeAndClose(request, .failure(error), closing)
        case .refusing where error.isForbidden && !pending.isOwn:
            // Whether the node can work without it depends on the caller.
            break
        case .refusing:
            if !(self.configuration.isClusterNode && error.code == "MOVED") { self.refused(error, now: now) }
        case .command:
            break
        }
        guard let request = pending.request else { return self.finishedIfClosing() }
        return self.completed(request, .failure(error))
    }

    private mutating func completed(_ request: Request, _ result: Result<RESPValue, RedisError>) -> ReplyAction {
        guard case .close(let closing) = self.finishedIfClosing() else { return .complete(request, result) }
        return .completeAndClose(request, result, closing)
    }

    private mutating func finishedIfClosing() -> ReplyAction {
        guard case .closing = self.state, self.pending.isEmpty else { return .ignore }
        return .close(self.close(RedisLoss(.shutdown), now: nil))
    }

    /// The server answered with a server-wide error.
    mutating func refused(_ error: RedisError, now: NIODeadline) {
        let configuration = self.configuration
        self.trouble = .refusing(error)
        self.troubleEnds = now + (error.isUnseenByPings ? configuration.unseenTroubleTime : configuration.troubleTime)
    }

    /// Something was stored, which is what such errors are about.
    ///
    /// - Parameter isEvent: whether it was an event: the permission to store other data does not imply the one for
    ///   events.
    mutating func stored(isEvent: Bool) {
        guard case .refusing(let error) = self.trouble, error.isUnseenByPings else { return }
        if isEvent || !error.isForbidden { self.trouble = nil }
    }

    /// Whether replies are outstanding, so that the time of reads matters.
    var awaitsReplies: Bool { !self.pending.isEmpty }

    /// Bytes came, and all replies that are whole have been received.
    mutating func readCompleted(now: NIODeadline) {
        self.lastRead = now
    }
}

// MARK: Time

extension RedisConnectionStateMachine {
    enum TimerAction {
        case ignore
        case wait(timer: NIODeadline)
        /// Send a ping of our own.
        case ping(timer: NIODeadline)
        /// Set the timer, and fail the requests, which have waited for too long while other bytes came.
        case fail([Failure], timer: NIODeadline)
        case close(Closing)
    }

    /// The timer went off.
    mutating func timerFired(now: NIODeadline) -> TimerAction {
        let isLate = self.timer.map { now - $0 > self.configuration.timerTolerance } ?? false
        self.timer = nil
        switch self.state {
        case .connecting, .closed:
            return .ignore
        case .handshaking(_, let deadline):
            if deadline <= now { return .close(self.close(RedisLoss(.handshakeTimeout), now: now)) }
            self.timer = deadline
            return .wait(timer: deadline)
        case .ready, .closing:
            break
        }
        if case .refusing = self.trouble, self.troubleEnds <= now { self.trouble = nil }
        guard let oldest = self.pending.first else { return self.idleTimerFired(now: now) }
        // A blocked event loop may not even have written the commands: their time starts now.
        if isLate { self.lastRead = now }
        if self.silenceEnd(oldest) <= now {
            return .close(self.close(RedisLoss(oldest.isOwn ? .pingTimeout : .commandTimeout), now: now))
        }
        let failures = self.failOverdue(now: now)
        if case .closing = self.state, self.overdue > 0 {
            // The remaining requests are not worth waiting for.
            var closing = self.close(RedisLoss(.commandTimeout), now: now)
            closing.failures.insert(contentsOf: failures, at: 0)
            return .close(closing)
        }
        let patience = max(self.configuration.pingTimeout, self.wayTime(of: oldest))
        let isStalled = self.overdue > 0 || self.silence(before: oldest) + patience <= now
        switch self.trouble {
        case nil: if isStalled { self.trouble = .stalled }
        case .stalled: if !isStalled { self.trouble = nil }
        case .refusing: break
        }
        let timer = self.nextTimer(now: now)
        return failures.isEmpty ? .wait(timer: timer) : .fail(failures, timer: timer)
    }

    /// No reply is outstanding.
    private mutating func idleTimerFired(now: NIODeadline) -> TimerAction {
        let isPinging = self.nextPing <= now
        if isPinging { self.pending.append(Pending(request: nil, bytes: 0, sent: now, isOwn: true)) }
        let timer = self.nextTimer(now: now)
        return isPinging ? .ping(timer: timer) : .wait(timer: timer)
    }

    /// When the connection counts as dead, unless bytes come.
    private func silenceEnd(_ oldest: Pending) -> NIODeadline {
        let configuration = self.configuration
        let patience =
            oldest.isOwn ? min(configuration.pingTimeout, configuration.commandTimeout) : configuration.commandTimeout
        return self.silence(before: oldest) + max(patience, self.wayTime(of: oldest))
    }

    /// Since when the connection has been silent with a command unanswered.
    private func silence(before oldest: Pending) -> NIODeadline {
        max(oldest.sent, self.lastRead)
    }

    /// How long a command's transmission may take. For the oldest only its own bytes count: earlier ones have been
    /// answered.
    private func wayTime(of oldest: Pending) -> TimeAmount {
        let bytes = Int64(oldest.bytes)
        let time = TimeAmount.nanoseconds(bytes * 1_000_000_000 / Int64(self.configuration.leastBytesPerSecond))
        return min(time, self.configuration.slowCommandTimeout)
    }

    /// When a request becomes overdue, unless it is patient.
    private func waitEnd(_ pending: Pending) -> NIODeadline {
        pending.sent + max(self.configuration.slowCommandTimeout, self.configuration.commandTimeout)
    }

    /// Fails overdue requests, except patient ones; their places in the reply order are kept.
    private mutating func failOverdue(now: NIODeadline) -> [Failure] {
        var failures: [Failure] = []
        while self.overdue < self.pending.count, self.waitEnd(self.pending[self.overdue]) <= now {
            if !self.pending[self.overdue].isPatient, let request = self.pending[self.overdue].request.take() {
                failures.append(Failure(request: request, error: .timeout))
            }
            self.overdue += 1
        }
        return failures
    }

    private mutating func nextTimer(now: NIODeadline) -> NIODeadline {
        if self.nextPing <= now { self.nextPing = now + self.configuration.pingInterval }
        var timer = self.nextPing
        if let oldest = self.pending.first { timer = min(timer, self.silenceEnd(oldest)) }
        if self.overdue < self.pending.count { timer = min(timer, self.waitEnd(self.pending[self.overdue])) }
        self.timer = timer
        return timer
    }
}

// MARK: Closing

extension RedisConnectionStateMachine {
    enum CloseAction {
        case ignore
        case close(Closing)
    }

    /// We want it closed once commands in flight have been answered.
    mutating func closeRequested() -> CloseAction {
        switch self.state {
        case .closing, .closed:
            return .ignore
        case .ready where !self.pending.isEmpty:
            self.state = .closing
            return .ignore
        case .connecting, .handshaking, .ready:
            return .close(self.close(RedisLoss(.shutdown), now: nil))
        }
    }

    /// The transport broke, what came is no RESP, or Redis closed its side.
    mutating func connectionLost(_ loss: RedisLoss) -> CloseAction {
        switch self.state {
        case .closed:
            return .ignore
        case .closing:
            // It was closing anyway, but outstanding requests will get no reply.
            return .close(self.close(RedisLoss(.shutdown, loss.reason.rawValue), now: nil))
        case .handshaking(let handshake, _):
            return .close(self.close(handshake.explained(loss), now: nil))
        case .connecting, .ready:
            return .close(self.close(loss, now: nil))
        }
    }
}

extension RedisConnectionStateMachine.Failure: Equatable where Request: Equatable {}
extension RedisConnectionStateMachine.Closing: Equatable where Request: Equatable {}
extension RedisConnectionStateMachine.ReplyAction: Equatable where Request: Equatable {}
extension RedisConnectionStateMachine.TimerAction: Equatable where Request: Equatable {}
extension RedisConnectionStateMachine.CloseAction: Equatable where Request: Equatable {}
