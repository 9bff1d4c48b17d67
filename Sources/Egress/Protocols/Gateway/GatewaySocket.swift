// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
internal import NIOCore
internal import Shared

/// A socket that speaks the gateway's protocol: runs what `GatewayStateMachine` decides. Bound to its channel's event loop.
final class GatewaySocket: FeedMember {
    /// How many events a page of the log has, and how many of its bytes are sent at once.
    private static let pageLimit = 64
    private static let partBytes = 64 << 10
    /// How long the loop is left to its input between two pages.
    private static let yieldTime = TimeAmount.microseconds(20)

    var groupIndex = 0

    private let services: GatewayServices
    /// What its sessions are signed with, where the socket's URL says which bot it is; nil where the token does.
    private let grant: TokenGrant?
    /// Whose it is.
    private let client: Entrance.Client
    /// By what it was let in, once that is known.
    private(set) var admission: Admission?
    private var machine: GatewayStateMachine
    private var handler: WebSocketHandler?
    private let opened = NIODeadline.now()
    /// Of the feed of the bot that the client turned out to be.
    private var membership: FeedMembership?
    /// The last event that the client was sent; nil where it was sent none.
    private var position: Position?
    /// The end of the last round of which the client was sent something, and whether that was not all of it.
    private var written: (end: Position, isFiltered: Bool)?
    /// Events of the log that the client still has to be sent.
    private var page: Deque<LogEntry> = []
    private var pageFilter: GatewayFilter?
    private var isSendingPage = false
    private var timer: NIOScheduledCallback?

    private init(
        services: GatewayServices,
        client: Entrance.Client,
        grant: TokenGrant?,
        admission: Admission?
    ) {
        self.services = services
        self.client = client
        self.admission = admission
        self.grant = grant
        self.machine = GatewayStateMachine(times: services.times, now: services.lane.eventLoop.now)
    }

    /// Makes a channel a gateway's socket, and says Hello. On the channel's event loop, which is the lane's.
    static func open(
        on channel: any Channel,
        services: GatewayServices,
        client: Entrance.Client = Entrance.Client(address: .shared(nil)),
        grant: TokenGrant?,
        admission: Admission? = nil
    ) throws {
        let socket = GatewaySocket(services: services, client: client, grant: grant, admission: admission)
        let handler = WebSocketHandler(owner: socket, configuration: services.configuration)
        socket.handler = handler
        services.strangers[ObjectIdentifier(socket)] = socket
        try socket.install(handler, in: channel, lane: services.lane, metrics: services.metrics.sockets, as: .gateway)
        _ = handler.send(socket.machine.hello)
        socket.armTimer()
    }

    private var eventLoop: any EventLoop { self.services.lane.eventLoop }

    // MARK: Who it is

    private func authenticate(_ token: Secret) {
        if let grant = self.grant { return self.authenticated(grant, token: token) }
        self.services.broker.grant(for: TokenDigest(of: token), on: self.eventLoop).assumeIsolated().whenComplete {
            switch $0 {
            case .success(let grant): self.authenticate(grant, token: token)
            case .failure: self.end(self.machine.brokerFailed())
            }
        }
    }

    /// Lets in who holds a grant, and charges who does not: what an access token opens is worth guessing too.
    private func authenticate(_ grant: TokenGrant?, token: Secret) {
        let entrance = self.services.lane.entrance
        do throws(AccessRefusal) {
            let (sessions, admission) = try entrance.admit(grant, of: self.client, for: .receive)
            self.admission = self.services.lane.shared(admission, on: sessions.channel)
            self.authenticated(sessions, token: token)
        } catch {
            let delay = entrance.delay(of: error, to: self.client)
            guard delay > .zero else { return self.authenticated(nil, token: token) }
            self.eventLoop.assumeIsolated().scheduleTask(in: delay) { self.authenticated(nil, token: token) }
        }
    }

    private func authenticated(_ grant: TokenGrant?, token: Secret) {
        switch self.machine.authenticated(grant) {
        case .ignore: break
        case .end(let ending): self.end(ending)
        case .join(let channel, let isNew): self.takePlace(on: channel, token: isNew ? token : nil)
        }
    }

    private func takePlace(on channel: ChannelID, token: Secret?) {
        let (hub, eventLoop) = (self.services.hub, self.eventLoop)
        let unknown = GatewayUser(madeUpFor: channel)
        let user = token.map { self.services.user($0, channel) } ?? eventLoop.makeSucceededFuture(unknown)
        user.flatMap { user in
            hub.takePlace(on: channel, eventLoop: eventLoop).map { ($0, user) }
        }.assumeIsolated().whenComplete {
            switch $0 {
            case .success((let place, let user)): self.join(place, user: user)
            case .failure(SocketRefusal.botSockets): self.end(self.machine.brokerFailed(.botSockets))
            case .failure: self.end(self.machine.brokerFailed())
            }
        }
    }

    private func join(_ place: FeedPlace, user: GatewayUser) {
        guard let handler else { return place.giveBack() }
        if self.services.state.isDraining {
            place.giveBack()
            return self.drain()
        }
        let membership = FeedMembership(place: place, lane: self.services.lane)
        self.membership = membership
        membership.join(self)
        self.services.strangers[ObjectIdentifier(self)] = nil
        switch self.machine.joined(at: place.feed.position, user: user) {
        case .ignore:
            break
        case .send(let ready):
            self.services.metrics.sessionIdentified()
            _ = handler.send(ready)
        case .read(let position):
            self.readLog(after: position)
        case .end(let ending):
            self.end(ending)
        }
    }

    // MARK: What it missed

    private func readLog(after position: Position?) {
        guard let channel = self.membership?.channel else { return }
        self.services.broker.log(channel, after: position, limit: Self.pageLimit, on: self.eventLoop).assumeIsolated()
            .whenComplete {
                switch $0 {
                case .success(let page): self.pageRead(page)
                case .failure: self.end(self.machine.brokerFailed())
                }
            }
    }

    private func pageRead(_ page: LogPage) {
        switch self.machine.pageRead(page) {
        case .ignore:
            break
        case .end(let ending):
            self.end(ending)
        case .readWhatIsLeft:
            self.readLog(after: nil)
        case .send(let filter):
            if case .entries(let entries, _) = page { self.page = Deque(entries) }
            self.pageFilter = filter
            self.sendPage()
        }
    }

    /// Sends what the client takes of the page; the rest waits until it has read that.
    private func sendPage() {
        guard let filter = self.pageFilter, !self.isSendingPage else { return }
        self.isSendingPage = true
        defer { self.isSendingPage = false }
        while let handler, handler.isWritable, let last = self.sendPart(of: handler, through: filter) {
            self.machine.replayed(upTo: last)
        }
        guard self.page.isEmpty, self.handler != nil else { return }
        self.pageFilter = nil
        switch self.machine.pageSent() {
        case .ignore:
            break
        case .read(let position):
            // A log in memory is read at once: without a pause a long one would fill the stack and hold the loop.
            self.eventLoop.assumeIsolated().scheduleTask(in: Self.yieldTime) { self.readLog(after: position) }
        case .send(let resumed, let recovery):
            self.services.metrics.sessionResumed()
            self.services.metrics.sockets.recovered(recovery)
            _ = self.handler?.send(resumed)
        }
    }

    private func sendPart(of handler: WebSocketHandler, through filter: GatewayFilter) -> Position? {
        var part: [LogEntry] = []
        var bytes = 0
        while bytes < Self.partBytes, let entry = self.page.popFirst() {
            part.append(entry)
            bytes += entry.event.body.readableBytes
        }
        guard let last = part.last else { return nil }
        let traced = self.services.lane.tracing?.begin(part)
        self.send(GatewayRound(part[...]).frames(for: filter), of: part.count, upTo: last.position)
        if let traced, let channel = self.membership?.channel {
            self.services.lane.tracing?.delivered(traced.passages, on: channel, sockets: 1, .log)
        }
        return last.position
    }

    // MARK: What comes

    func deliver(_ round: FeedRound) {
        switch self.machine.roundReceived(first: round.first, end: round.end) {
        case .ignore: break
        case .deliver(let filter, let offset):
            let count = round.end.offset - (offset ?? round.first - 1)
            self.send(round.gateway.frames(for: filter, after: offset), of: Int(clamping: count), upTo: round.end)
        }
    }

    /// Sends what the session's intents admit; what they do not counts as had.
    private func send(_ admitted: (frames: ByteBuffer, count: Int), of count: Int, upTo end: Position) {
        guard let handler else { return }
        if admitted.count > 0 {
            let probe = self.membership?.sending(upTo: end, to: handler, of: .anybody)
            guard case .accepted = handler.send(admitted.frames, probe: probe) else { return }
            self.services.metrics.sockets.delivered(admitted.count)
            self.written = (end, admitted.count < count)
        } else {
            self.membership?.sent(upTo: end, to: handler, of: .anybody)
        }
        self.position = end
    }

    func interrupted(_ reason: UnrecoverableReason, head: Position) {
        if self.machine.isLive {
            self.services.metrics.sockets.recovered(.lost(Recovery.Reason(reason), position: head))
        }
        guard let ending = self.machine.interrupted(reason, head: head) else { return }
        // A member leaves its group no sooner than the group is through.
        self.eventLoop.assumeIsolated().execute { self.end(ending) }
    }

    var attendee: Attendee { Attendee(speech: .gateway, offset: self.position?.offset) }

    func receipt(upTo end: Position) -> Receipt? {
        guard let written = self.written, written.end == end else { return nil }
        return Receipt(speech: .gateway, isFiltered: written.isFiltered)
    }

    // MARK: Its end

    func drain() {
        self.end(self.machine.drain())
    }

    func dismiss(_ dismissal: Dismissal) {
        self.end(self.machine.dismissed(dismissal))
    }

    private func end(_ ending: GatewayStateMachine.Ending?) {
        guard let ending, let handler else { return }
        switch ending {
        case .close: break
        case .invalidSession: _ = handler.send(GatewayProtocol.invalidSession)
        case .reconnect: _ = handler.send(GatewayProtocol.reconnect)
        }
        let reason = ending.reason
        self.services.metrics.closed(reason, channel: self.membership?.channel)
        handler.close(code: reason.closeCode, text: reason.explanation, reason: reason.endReason)
    }

    /// Moved only when it fires: from message to message the deadline only grows, and that costs nothing.
    private func armTimer() {
        let deadline = self.machine.deadline
        guard self.handler != nil, deadline < .distantFuture else { return }
        // Only an event loop that is shut down refuses, and then the connection is going too.
        self.timer = try? self.eventLoop.scheduleCallback(
            at: deadline,
            handler: Timer(socket: NIOLoopBound(self, eventLoop: self.eventLoop))
        )
    }

    private func timerFired() {
        self.timer = nil
        if let ending = self.machine.timerFired(now: self.eventLoop.now) { return self.end(ending) }
        self.armTimer()
    }

    private struct Timer: NIOScheduledCallbackHandler, Sendable {
        let socket: NIOLoopBound<GatewaySocket>

        func handleScheduledCallback(eventLoop: some EventLoop) {
            self.socket.value.timerFired()
        }
    }
}

extension GatewaySocket: WebSocketOwner {
    func messageReceived(_ message: WebSocketMessage) {
        switch self.machine.messageReceived(message, now: self.eventLoop.now) {
        case .ignore: break
        case .acknowledgeHeartbeat:
            self.services.metrics.heartbeatAcknowledged()
            _ = self.handler?.send(GatewayProtocol.heartbeatAcknowledgement)
        case .authenticate(let token): self.authenticate(token)
        case .end(let ending): self.end(ending)
        }
    }

    func probeAnswered(_ number: UInt64) {
        guard let handler else { return }
        self.membership?.probeAnswered(number, by: handler, of: .anybody)
    }

    func becameWritable() {
        self.sendPage()
    }

    func queueCrossedWatermark(isBehind: Bool) {
        self.services.metrics.sockets.crossedWatermark(isBehind: isBehind, self.handler)
    }

    func ended(_ reason: SocketEndReason) {
        guard let handler = self.handler else { return }
        // A session is resumed by its own numbers: what it refuses it is not sent again for the cursor's sake.
        let position = reason == .messageRefused ? nil : self.position
        self.membership?.ended(handler, of: .anybody, reason, at: position)
        self.handler = nil
        self.machine.ended()
        self.timer?.cancel()
        self.timer = nil
        self.page.removeAll()
        self.services.lane.stopHeartbeat(of: handler)
        self.services.strangers[ObjectIdentifier(self)] = nil
        let membership = self.membership.take()
        membership?.leave(self)
        self.services.metrics.sockets.ended(.gateway, since: self.opened, reason, channel: membership?.channel)
    }
}
