// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import NIOPosix

/// One event loop of the generator: its connections, its sockets and what it counts. Confined to its event loop.
final class LoadLoop {
    let plan: LoadPlan
    let eventLoop: any EventLoop
    /// Which of the run's loops it is.
    private let index: Int

    private(set) var tally = LoadTally()
    private var progress = LoadProgress()
    private var phase: LoadPhase?
    private var hasBegun = false

    private var connections: [HTTPLoadConnection?] = []
    private var inFlight = 0
    /// Connections that can send, at a fixed rate.
    private var free = CircularBuffer<HTTPLoadConnection>()
    private var schedule: LoadSchedule?
    private var hasTimer = false
    private var isFinished = false

    private var sockets: [WebSocketLoadConnection] = []
    private var opening: SocketOpening?

    init(index: Int, plan: LoadPlan, eventLoop: any EventLoop) {
        self.index = index
        self.plan = plan
        self.eventLoop = eventLoop
    }

    // MARK: Phases

    /// Makes ready to count what another loop may send at once.
    func prepare(_ phase: LoadPhase) {
        precondition(self.inFlight == 0)
        self.phase = phase
    }

    /// Begins to send.
    func begin() {
        guard let phase = self.phase else { preconditionFailure("a phase is prepared before it begins") }
        self.hasBegun = true
        self.schedule = phase.schedule?.share(self.index, of: self.plan.configuration.threads)
        self.free.removeAll()
        for connection in self.connections.compactMap({ $0 }) {
            connection.isListed = false
            self.hasRoom(connection, now: .now())
            connection.flush()
        }
    }

    /// How far it is.
    func currentProgress(now: NIODeadline) -> LoadProgress {
        var progress = self.progress
        let isOver = self.phase?.isOver(now: now) ?? true
        let nextTime = isOver ? nil : self.schedule?.nextTime
        progress.isAnswered = self.inFlight == 0 && (self.schedule == nil ? isOver : nextTime == nil)
        progress.isResting = self.inFlight == 0 && (nextTime.map { $0 > now } ?? false)
        return progress
    }

    /// Ends the phase. Requests that were not answered are given up with their connections.
    func end() -> LoadTally {
        // What was not to be sent any more is no failure.
        self.tally.unsent = self.phase?.wasCutShort == true ? 0 : self.schedule?.remaining ?? 0
        self.phase = nil
        self.hasBegun = false
        self.schedule = nil
        for connection in self.connections.compactMap({ $0 }) where !connection.inFlight.isEmpty {
            for event in connection.inFlight { self.plan.times.fail(event) }
            let count = connection.abandon()
            self.inFlight -= count
            self.progress.failed += count
            self.tally.unanswered += count
        }
        // What ends between two phases belongs to the next.
        defer { self.tally = LoadTally() }
        return self.tally
    }

    /// Closes everything.
    func finish() {
        self.isFinished = true
        for connection in self.connections.compactMap({ $0 }) { _ = connection.abandon() }
        for socket in self.sockets { socket.close() }
    }

    // MARK: Requests

    /// A connection can send: in a closed loop it does, at a fixed rate it does if an event is due.
    func hasRoom(_ connection: HTTPLoadConnection, now: NIODeadline) {
        guard let phase = self.phase, self.hasBegun else { return }
        guard self.schedule == nil else {
            if !connection.isListed, connection.hasRoom {
                connection.isListed = true
                self.free.append(connection)
            }
            return self.sendDue(now: now)
        }
        while connection.hasRoom, let event = phase.take(now: now) {
            self.send(event, over: connection, due: now)
        }
    }

    private func send(_ event: Int, over connection: HTTPLoadConnection, due: NIODeadline) {
        self.plan.times.send(event, at: due)
        self.tally.sent += 1
        self.inFlight += 1
        connection.send(event)
    }

    private func sendDue(now: NIODeadline) {
        while let connection = self.free.first {
            // The server may have ended it since it was listed.
            guard connection.hasRoom else {
                self.free.removeFirst()
                connection.isListed = false
                continue
            }
            guard let phase = self.phase, !phase.isOver(now: now), let due = self.schedule?.take(now: now),
                let event = phase.take(now: now)
            else { break }
            self.free.removeFirst()
            connection.isListed = false
            self.tally.lateness.record(now - due)
            self.send(event, over: connection, due: due)
            if connection.hasRoom {
                connection.isListed = true
                self.free.append(connection)
            }
            connection.flush()
        }
        self.setTimer(now: now)
    }

    /// No timer while events wait for a connection: the next one that is free sends them.
    private func setTimer(now: NIODeadline) {
        guard !self.hasTimer, let next = self.schedule?.nextTime, next > now else { return }
        self.hasTimer = true
        self.eventLoop.assumeIsolated().scheduleTask(deadline: next) {
            self.hasTimer = false
            self.sendDue(now: .now())
        }
    }

    /// A request was answered.
    func answered(_ event: Int, status: Int, now: NIODeadline) {
        self.inFlight -= 1
        self.tally.lastAnswer = now
        guard (200..<300).contains(status) else {
            self.plan.times.fail(event)
            self.progress.failed += 1
            self.tally.refused[status, default: 0] += 1
            return
        }
        if let sent = self.plan.times.sent(event) { self.tally.acknowledgement.record(now - sent) }
        self.plan.times.accept(event, at: now)
        self.progress.accepted += 1
        self.tally.accepted += 1
    }

    // MARK: Connections

    /// Makes the connections.
    func connect(slots: Int) -> EventLoopFuture<Void> {
        self.connections = Array(repeating: nil, count: slots)
        return EventLoopFuture.andAllSucceed((0..<slots).map { self.connect(slot: $0) }, on: self.eventLoop)
    }

    private func connect(slot: Int) -> EventLoopFuture<Void> {
        let threads = self.plan.configuration.threads
        let webhook = (slot * threads + self.index) % self.plan.addresses.webhooks.count
        let connection = HTTPLoadConnection(slot: slot, webhook: webhook, loop: self)
        return self.bootstrap(connection, receiveBuffer: 4_096)
            .connect(to: self.plan.addresses.webhooks[webhook])
            .assumeIsolated()
            .map { _ in
                // It may have ended already.
                guard connection.isConnected else { return }
                self.connections[slot] = connection
                self.hasRoom(connection, now: .now())
                connection.flush()
            }
            .nonisolated()
    }

    /// A connection has ended: another takes its place while there is something to send.
    func disconnected(_ connection: HTTPLoadConnection, end: ConnectionEnd) {
        if self.connections[connection.slot] === connection { self.connections[connection.slot] = nil }
        if connection.isListed { self.free.removeAll { $0 === connection } }
        let lost = connection.inFlight.count
        for event in connection.inFlight { self.plan.times.fail(event) }
        self.inFlight -= lost
        self.progress.failed += lost
        self.tally.unanswered += lost
        guard !self.isFinished else { return }
        if end == .byServer, lost == 0 {
            self.tally.reconnections += 1
            self.reconnect(slot: connection.slot)
        } else {
            self.tally.connectionErrors[end.rawValue, default: 0] += 1
            self.reconnectLater(slot: connection.slot)
        }
    }

    private func reconnect(slot: Int) {
        self.connect(slot: slot).assumeIsolated().whenFailure { _ in
            guard !self.isFinished else { return }
            self.tally.connectionErrors[ConnectionEnd.refused.rawValue, default: 0] += 1
            self.reconnectLater(slot: slot)
        }
    }

    private func reconnectLater(slot: Int) {
        self.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(100)) {
            if !self.isFinished { self.reconnect(slot: slot) }
        }
    }

    private func bootstrap(_ handler: some ChannelInboundHandler, receiveBuffer: Int) -> ClientBootstrap {
        let handler = NIOLoopBound(handler, eventLoop: self.eventLoop)
        return ClientBootstrap(group: self.eventLoop)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(
                .recvAllocator,
                value: AdaptiveRecvByteBufferAllocator(minimum: 256, initial: receiveBuffer, maximum: 64 << 10)
            )
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(handler.value)
                }
            }
    }

    // MARK: Sockets

    /// Opens sockets, a bounded number at a time.
    ///
    /// - Parameter numbers: which of the run's sockets.
    func open(sockets numbers: [Int]) -> EventLoopFuture<SocketOpening.Result> {
        precondition(self.opening == nil)
        let opening = SocketOpening(numbers: numbers, promise: self.eventLoop.makePromise())
        self.opening = opening
        for _ in 0..<SocketOpening.width { self.openNext() }
        self.watchOpening()
        if numbers.isEmpty { self.finishOpening() }
        return opening.promise.futureResult
    }

    private func openNext() {
        guard let number = self.opening?.next() else { return }
        let configuration = self.plan.configuration
        let (round, secret) = number.quotientAndRemainder(dividingBy: configuration.secrets)
        let target = (round + secret) % configuration.sockets.count
        let request = self.plan.handshake.request(configuration.sockets[target], secret: configuration.secret(secret))
        let socket = WebSocketLoadConnection(secret: secret, request: ByteBuffer(string: request), loop: self)
        self.bootstrap(socket, receiveBuffer: 512)
            .connect(to: self.plan.addresses.sockets[target])
            .assumeIsolated()
            .whenFailure { error in self.socketFailed(reason: "cannot_connect (\(ConnectFailure.text(error)))") }
    }

    /// A handshake succeeded.
    func socketOpened(_ socket: WebSocketLoadConnection) {
        self.sockets.append(socket)
        self.opening?.result.opened += 1
        self.openedOne()
    }

    /// A socket could not be opened.
    func socketFailed(reason: String) {
        self.opening?.result.failures[reason, default: 0] += 1
        self.openedOne()
    }

    private func openedOne() {
        guard let opening = self.opening else { return }
        if opening.isComplete { self.finishOpening() } else { self.openNext() }
    }

    private func finishOpening() {
        guard let opening = self.opening else { return }
        self.opening = nil
        opening.promise.succeed(opening.result)
    }

    /// A server that takes connections and answers nothing does not hold the run up for ever.
    private func watchOpening() {
        guard let opening = self.opening else { return }
        let finished = opening.finished
        self.eventLoop.assumeIsolated().scheduleTask(in: SocketOpening.patience) {
            guard let opening = self.opening else { return }
            guard opening.finished == finished else { return self.watchOpening() }
            opening.result.failures["no_answer", default: 0] += opening.numbers.count - finished
            self.finishOpening()
        }
    }

    /// A socket ended before the run did.
    func socketLost(reason: String) {
        guard !self.isFinished else { return }
        self.tally.socketsLost[reason, default: 0] += 1
    }

    /// The server pinged a socket.
    func pinged() {
        self.tally.pings += 1
    }

    /// A socket received a message.
    func received(_ payload: UnsafeRawBufferPointer, by socket: WebSocketLoadConnection, now: NIODeadline) {
        let times = self.plan.times
        guard let identity = self.plan.supply.layout.read(payload), let event = self.plan.supply.event(identity),
            let sent = times.sent(event)
        else {
            self.tally.corrupt += 1
            return
        }
        guard identity.secret == socket.secret else {
            self.tally.misrouted += 1
            return
        }
        let accepted: NIODeadline? = if case .accepted(let time) = times.answer(event) { time } else { nil }
        switch socket.ledger.receive(identity.sequence, sent: sent, accepted: accepted) {
        case .duplicate:
            self.tally.duplicates += 1
            return
        case .firstOutOfOrder:
            self.tally.outOfOrder += 1
        case .first:
            break
        }
        self.progress.delivered += 1
        guard let phase = self.phase, phase.events.contains(event) else { return }
        self.tally.delivered += 1
        self.tally.endToEnd.record(now - sent)
        self.tally.lastDelivery = now
    }

    /// How many of the accepted events its sockets have not received.
    ///
    /// - Parameter accepted: of each secret.
    func lost(of accepted: [SequenceSet]) -> Int {
        self.sockets.reduce(0) { $0 + $1.ledger.lost(of: accepted[$1.secret]) }
    }
}
