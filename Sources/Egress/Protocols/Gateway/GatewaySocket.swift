// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
internal import NIOCore
internal import Shared

/// A socket that speaks the gateway protocol: executes `GatewayStateMachine`'s decisions. Bound to its channel's event
/// loop.
final class GatewaySocket: FanOutMember {
    /// How many events a page of the log has, and how many of its bytes are sent at once.
    private static let pageLimit = 64
    private static let partBytes = 64 << 10
    /// How many bytes are processed, sent or not, before the loop's other connections get a turn. A larger event is
    /// processed whole.
    private static let turnBytes = 128 << 10

    var fanOutIndex = 0

    private let services: GatewayServices
    /// The grant that signs its sessions, if the socket's URL identifies the bot; nil if the token does.
    private let grant: TokenGrant?
    /// The client that opened it.
    private let client: ClientAuthenticator.Client
    /// The credential that admitted it, once known.
    private(set) var admission: Admission?
    private var machine: GatewayStateMachine
    private var handler: WebSocketHandler?
    private let opened = NIODeadline.now()
    /// The membership of the authenticated bot's channel.
    private var membership: FanOutMembership?
    /// The last event that the client was sent, or that was skipped for it since; nil if it was sent none.
    private var position: Position?
    /// The end of the last round of which the client was sent events, and whether the filter dropped some.
    private var written: (end: Position, isFiltered: Bool)?
    /// Events of the log not yet sent to the client.
    private var page: Deque<LogEntry> = []
    private var pageFilter: GatewayFilter?
    private var isSendingPage = false
    /// Whether the rest of the page waits for a turn of the loop.
    private var awaitsTurn = false
    private var timer: NIOScheduledCallback?

    private init(
        services: GatewayServices,
        client: ClientAuthenticator.Client,
        grant: TokenGrant?,
        admission: Admission?
    ) {
        self.services = services
        self.client = client
        self.admission = admission
        self.grant = grant
        self.machine = GatewayStateMachine(times: services.times, now: services.lane.eventLoop.now)
    }

    /// Turns a channel into a gateway socket, and sends Hello. On the channel's event loop, which is the lane's.
    static func open(
        on channel: any Channel,
        services: GatewayServices,
        client: ClientAuthenticator.Client = ClientAuthenticator.Client(address: .shared(nil)),
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

    /// Admits a client with a grant, and charges one without as a failed guess: access tokens are worth guessing too.
    private func authenticate(_ grant: TokenGrant?, token: Secret) {
        let authenticator = self.services.lane.authenticator
        do throws(AccessRefusal) {
            let (sessions, admission) = try authenticator.admit(grant, of: self.client, for: .receive)
            self.admission = self.services.lane.shared(admission, on: sessions.channel)
            self.authenticated(sessions, token: token)
        } catch {
            let delay = authenticator.delay(of: error, to: self.client)
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
        let membership = FanOutMembership(place: place, lane: self.services.lane)
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

    /// Sends as much of the page as the client takes; the rest waits until it has read that.
    private func sendPage() {
        guard let filter = self.pageFilter, !self.isSendingPage, !self.awaitsTurn else { return }
        self.isSendingPage = true
        defer { self.isSendingPage = false }
        var bytes = 0
        while bytes < Self.turnBytes, let handler, handler.isWritable,
            let part = self.sendPart(of: handler, through: filter)
        {
            self.machine.replayed(upTo: part.end)
            bytes += part.bytes
        }
        guard self.handler != nil else { return }
        guard self.page.isEmpty else {
            if bytes >= Self.turnBytes { self.awaitTurn() }
            return
        }
        self.pageFilter = nil
        switch self.machine.pageSent() {
        case .ignore:
            break
        case .read(let position):
            // A log in memory is read synchronously: without a pause a long one would overflow the stack and block the
            // loop.
            self.services.lane.turns.wait(on: self.eventLoop) { self.readLog(after: position) }
        case .send(let resumed, let recovery):
            self.services.metrics.sessionResumed()
            self.services.metrics.sockets.recovered(recovery)
            _ = self.handler?.send(resumed)
        }
    }

    private func awaitTurn() {
        self.awaitsTurn = true
        self.services.lane.turns.wait(on: self.eventLoop) {
            self.awaitsTurn = false
            self.sendPage()
        }
    }

    private func sendPart(
        of handler: WebSocketHandler,
        through filter: GatewayFilter
    ) -> (bytes: Int, end: Position)? {
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
        return (bytes, last.position)
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

    /// Sends what the session's intents admit; from the first event sent on, the rest counts as received.
    private func send(_ admitted: (frames: ByteBuffer, count: Int), of count: Int, upTo end: Position) {
        guard let handler else { return }
        if admitted.count > 0 {
            let probe = self.membership?.sending(upTo: end, to: handler, of: .anybody)
            guard case .accepted = handler.send(admitted.frames, probe: probe) else { return }
            self.services.metrics.sockets.delivered(admitted.count)
            self.written = (end, admitted.count < count)
        } else {
            // A client that was sent nothing yet moves no cursor: it did not begin there.
            guard self.position != nil else { return }
            self.membership?.sent(upTo: end, to: handler, of: .anybody)
        }
        self.position = end
    }

    func interrupted(_ reason: UnrecoverableReason, head: Position) {
        if self.machine.isLive {
            self.services.metrics.sockets.recovered(.lost(Recovery.Reason(reason), position: head))
        }
        guard let ending = self.machine.interrupted(reason, head: head) else { return }
        // A member must not leave its group while the group is being served.
        self.eventLoop.assumeIsolated().execute { self.end(ending) }
    }

    var presenceDetails: PresenceDetails { PresenceDetails(speech: .gateway, offset: self.position?.offset) }

    func deliveryNote(upTo end: Position) -> DeliveryNote? {
        guard let written = self.written, written.end == end else { return nil }
        return DeliveryNote(speech: .gateway, isFiltered: written.isFiltered)
    }

    // MARK: Its end

    func drain() {
        self.end(self.machine.drain())
    }

    func dismiss(_ accessLoss: AccessLoss) {
        self.end(self.machine.dismissed(accessLoss))
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

    /// Rescheduled only when it fires: a deadline that moves later with each message costs nothing.
    private func armTimer() {
        let deadline = self.machine.deadline
        guard self.handler != nil, deadline < .distantFuture else { return }
        // Fails only on an event loop that is shut down, and then the connection is closing too.
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
        // A session resumes by its own sequence numbers: a refused event need not be skipped by the cursor.
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
