// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// One gateway session's socket, from Hello to its end: identity, position, and permitted messages. No IO and
/// no clock of its own; `GatewayProtocol` describes what is spoken.
///
/// Its life: unidentified, then authenticating (the token is being looked up, and a place on the feed taken), then
/// replaying (a resumed session gets what it missed from the log) and live, or live at once; then ended.
struct GatewayStateMachine {
    private enum State {
        case unidentified
        case authenticating(GatewayRequest.Login)
        case joining(Joining)
        case replaying(Replay)
        case live(Live)
        case ended
    }

    private enum Joining {
        case new(GatewayFilter, TokenGrant)
        case resumed(GatewaySession, after: Position)
    }

    private struct Live {
        var filter: GatewayFilter
        /// The last event that the client received, or that its filter dropped.
        var position: Position
    }

    private struct Replay {
        var live: Live
        /// How far the log must be read so that there is no gap before the feed's events.
        var target: UInt64
        /// Whether the next events were trimmed, so that the replay continues with the oldest retained one.
        var isTrimmed = false
        /// The loss, if any.
        var loss: Recovery?
    }

    /// How a session ends.
    enum Ending: Equatable {
        case close(GatewayCloseReason)
        /// Op 9 first: the client must not try to resume.
        case invalidSession(GatewayCloseReason = .sessionInvalid)
        /// Op 7 first: the client should reconnect and resume.
        case reconnect(GatewayCloseReason)

        var reason: GatewayCloseReason {
            switch self {
            case .close(let reason), .reconnect(let reason), .invalidSession(let reason): reason
            }
        }
    }

    private let times: GatewayTimes
    private var state: State = .unidentified
    private var budget: MessageBudget
    private var heard: NIODeadline

    init(times: GatewayTimes, now: NIODeadline) {
        self.times = times
        self.budget = MessageBudget(limits: GatewayProtocol.limits, now: now)
        self.heard = now
    }

    /// Whether the client gets events.
    var isLive: Bool { if case .live = self.state { true } else { false } }

    /// When the client has been silent for too long.
    var deadline: NIODeadline {
        switch self.state {
        case .unidentified: self.heard + self.times.identifyTimeout
        case .authenticating, .joining, .replaying, .live: self.heard + self.times.silence
        case .ended: .distantFuture
        }
    }

    /// The first message to every client.
    var hello: ByteBuffer { GatewayProtocol.hello(heartbeatInterval: self.times.heartbeatInterval) }

    private mutating func end(_ ending: Ending) -> Ending {
        self.state = .ended
        return ending
    }
}

// MARK: From the client

extension GatewayStateMachine {
    enum MessageAction: Equatable {
        case ignore
        case acknowledgeHeartbeat
        /// Look up the token's grant, and call back.
        case authenticate(Secret)
        case end(Ending)
    }

    mutating func messageReceived(_ message: WebSocketMessage, now: NIODeadline) -> MessageAction {
        if case .ended = self.state { return .ignore }
        let bytes: ByteBuffer
        switch message {
        case .text(let text): bytes = text
        case .binary(let data): bytes = data
        }
        // Charged before parsing: invalid messages count like valid ones.
        guard self.budget.take(bytes: bytes.readableBytes, now: now) else { return .end(self.end(.close(.tooFast))) }
        guard case .text = message else { return .end(self.end(.close(.malformed))) }
        switch GatewayRequest.read(bytes) {
        case .failure(let reason):
            return .end(self.end(.close(reason)))
        case .success(.heartbeat):
            // Heartbeats before Identify do not extend its deadline.
            if !self.isUnidentified { self.heard = now }
            return .acknowledgeHeartbeat
        case .success(.login(let login)):
            guard self.isUnidentified else { return .end(self.end(.close(.alreadyAuthenticated))) }
            self.heard = now
            self.state = .authenticating(login)
            return .authenticate(login.token)
        }
    }

    private var isUnidentified: Bool { if case .unidentified = self.state { true } else { false } }
}

// MARK: From who knows tokens, and from the feed

extension GatewayStateMachine {
    enum AuthenticatedAction: Equatable {
        case ignore
        /// Take a place on the channel's feed; `isNew` if READY needs the bot's user.
        case join(ChannelID, isNew: Bool)
        case end(Ending)
    }

    /// The token was looked up.
    mutating func authenticated(_ grant: TokenGrant?) -> AuthenticatedAction {
        guard case .authenticating(let login) = self.state else { return .ignore }
        guard let grant else { return .end(self.end(.close(.authenticationFailed))) }
        switch login {
        case .identify(let identify):
            self.state = .joining(.new(identify.filter, grant))
            return .join(grant.channel, isNew: true)
        case .resume(let resume):
            guard let session = GatewaySessionID.read(resume.sessionID, grant: grant) else {
                return .end(self.end(.invalidSession()))
            }
            let first = GatewayProtocol.sequence(of: session.start.offset)
            let sequence = resume.sequence ?? first
            guard sequence >= first else { return .end(self.end(.invalidSession(.badSequence))) }
            let position = Position(epoch: session.start.epoch, offset: sequence - 1)
            self.state = .joining(.resumed(session, after: position))
            return .join(grant.channel, isNew: false)
        }
    }

    enum JoinedAction: Equatable {
        case ignore
        case send(ByteBuffer)
        /// Read the log after the position.
        case read(after: Position)
        case end(Ending)
    }

    /// The session has its place: events after `position` come from the feed.
    mutating func joined(at position: Position, user: GatewayUser) -> JoinedAction {
        guard case .joining(let joining) = self.state else { return .ignore }
        switch joining {
        case .new(let filter, let grant):
            let session = GatewaySession(start: position, intents: filter.intents, shard: filter.shard)
            self.state = .live(Live(filter: filter, position: position))
            return .send(GatewayProtocol.ready(session, id: GatewaySessionID.make(session, grant: grant), user: user))
        case .resumed(let session, let last):
            guard last.epoch == position.epoch else { return .end(self.end(.invalidSession())) }
            let live = Live(filter: session.filter, position: last)
            self.state = .replaying(Replay(live: live, target: position.offset))
            return .read(after: last)
        }
    }

    /// The token cannot be looked up, the feed cannot be started, or the log cannot be read.
    ///
    /// - Parameter reason: a more specific reason, if known.
    mutating func brokerFailed(_ reason: GatewayCloseReason = .brokerUnavailable) -> Ending? {
        switch self.state {
        case .ended: nil
        case .unidentified: preconditionFailure("nothing was asked of the broker")
        case .authenticating, .joining, .replaying, .live: self.end(.reconnect(reason))
        }
    }

    enum RoundAction: Equatable {
        case ignore
        /// Send what passes the filter; only events after `after` if the client has the round's beginning.
        case deliver(GatewayFilter, after: UInt64?)
    }

    /// The feed delivered events.
    mutating func roundReceived(first: UInt64, end: Position) -> RoundAction {
        switch self.state {
        case .live(var live):
            guard end.epoch == live.position.epoch,
                case .events(let after) = RoundPart(after: live.position, first: first, end: end)
            else { return .ignore }
            live.position = end
            self.state = .live(live)
            return .deliver(live.filter, after: after)
        case .replaying(var replay):
            // They are in the log, and are read from there in order.
            replay.target = max(replay.target, end.offset)
            self.state = .replaying(replay)
            return .ignore
        case .unidentified, .authenticating, .joining, .ended:
            return .ignore
        }
    }

    /// Events were lost between the last round and `head`.
    mutating func interrupted(_ reason: UnrecoverableReason, head: Position) -> Ending? {
        switch self.state {
        case .live(var live):
            // If the epoch continues, so does the session; the gap in the sequence numbers shows the loss.
            guard head.epoch == live.position.epoch, reason != .ahead else { return self.end(.invalidSession()) }
            // If it is not ahead, the notice was in transit when the session began.
            guard head.offset > live.position.offset else { return nil }
            live.position = head
            self.state = .live(live)
            return nil
        case .replaying(var replay):
            guard head.epoch == replay.live.position.epoch else { return self.end(.invalidSession()) }
            replay.target = max(replay.target, head.offset)
            self.state = .replaying(replay)
            return nil
        case .unidentified, .authenticating, .joining, .ended:
            return nil
        }
    }
}

// MARK: Replay

extension GatewayStateMachine {
    enum PageAction: Equatable {
        case ignore
        /// Send what passes the filter, in as many parts as needed, and report progress.
        case send(GatewayFilter)
        /// Read the log from its beginning.
        case readWhatIsLeft
        case end(Ending)
    }

    /// The log was read.
    mutating func pageRead(_ page: LogPage) -> PageAction {
        guard case .replaying(var replay) = self.state else { return .ignore }
        switch page {
        case .notRecoverable(.trimmed, let head) where head.epoch == replay.live.position.epoch:
            // The epoch continues, so the session does too, with the remaining events.
            replay.isTrimmed = true
            self.state = .replaying(replay)
            return .readWhatIsLeft
        case .notRecoverable:
            return .end(self.end(.invalidSession()))
        case .entries(let entries, let head):
            if replay.isTrimmed {
                let start = entries.first?.position.predecessor ?? head
                guard start.epoch == replay.live.position.epoch, start.offset >= replay.live.position.offset else {
                    return .end(self.end(.invalidSession()))
                }
                replay.live.position = start
                replay.isTrimmed = false
                replay.loss = .lost(.trimmed, position: start)
                self.state = .replaying(replay)
            }
            // The log must not end before the feed's events.
            guard !entries.isEmpty || replay.live.position.offset >= replay.target else {
                return .end(self.end(.invalidSession()))
            }
            return .send(replay.live.filter)
        }
    }

    /// The client was sent the events of a page up to a position.
    mutating func replayed(upTo position: Position) {
        guard case .replaying(var replay) = self.state else { return }
        replay.live.position = position
        self.state = .replaying(replay)
    }

    enum PageSentAction: Equatable {
        case ignore
        case read(after: Position)
        /// RESUMED: from here on events come from the feed; and the outcome of the recovery.
        case send(ByteBuffer, Recovery)
    }

    /// The client was sent the whole page.
    mutating func pageSent() -> PageSentAction {
        guard case .replaying(let replay) = self.state else { return .ignore }
        guard replay.live.position.offset >= replay.target else { return .read(after: replay.live.position) }
        self.state = .live(replay.live)
        let position = replay.live.position
        return .send(GatewayProtocol.resumed(at: position.offset), replay.loss ?? .recovered(from: position))
    }
}

// MARK: Ends

extension GatewayStateMachine {
    /// The node drains.
    mutating func drain() -> Ending? {
        if case .ended = self.state { return nil }
        return self.end(.reconnect(.drain))
    }

    /// The client's access was lost.
    mutating func dismissed(_ accessLoss: AccessLoss) -> Ending? {
        if case .ended = self.state { return nil }
        switch accessLoss {
        case .accessChanged: return self.end(.reconnect(.accessChanged))
        case .revoked: return self.end(.close(.revoked))
        }
    }

    /// The deadline may have come.
    mutating func timerFired(now: NIODeadline) -> Ending? {
        guard now >= self.deadline else { return nil }
        return self.end(.close(self.isUnidentified ? .notAuthenticated : .silent))
    }

    /// The socket has ended, on either side.
    mutating func ended() {
        self.state = .ended
    }
}
