// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
internal import Logging
internal import Metrics
package import NIOCore
package import Shared
internal import Synchronization

/// The part of an egress node on one event loop: its sockets, and the mailbox through which feeds reach them.
///
/// A feed posts from any thread; the lane takes the whole mailbox at once and serves the groups in turns (`TurnQueue`) of
/// a bounded time (`TimeSlice`), so that a channel with many sockets holds up neither the other bots nor the loop's input.
package final class Lane: Sendable {
    /// How many waiting publishers are released at once. Each answers its platform, which then sends the next request:
    /// thirty of them would occupy the loop for longer than a slice.
    private static let releaseLimit = 4
    /// How many publishers may wait for a release; further ones continue at once.
    private static let turnLimit = 32
    /// How many visits are made at once: a lane may have thousands of sockets and keepers due in one second.
    private static let visitLimit = 32

    /// A periodic visit of a lane. Each may write to sockets.
    private enum Visit {
        case keeper(CursorKeeper)
        case socket(Heartbeat, WebSocketHandler)
        case stream(Heartbeat, EventStreamHandler)
    }

    /// State confined to the lane's loop.
    private final class Confined {
        var active = TurnQueue<ChannelFanOut>()
        /// Publishers whose events have reached every socket and who can now be released.
        var released: Deque<EventLoopPromise<Void>> = []
        /// The groups of this lane by their channel.
        var groups: [ChannelID: ChannelFanOut] = [:]
        var sockets: HeartbeatWheel<WebSocketHandler>
        var streams: HeartbeatWheel<EventStreamHandler>
        /// Keepers whose cursor is not stored yet.
        var keepers: [CursorKeeper] = []
        /// The visits that are due.
        var dueVisits: Deque<Visit> = []
        /// Reports connections to operators; nil if not configured.
        var presenceReporter: PresenceReporter?
        /// The socket metrics of this loop.
        var metrics: [SocketMetrics] = []
        /// Whether groups take no more events.
        var isResting = false
        /// The expiry times of members admitted by tokens.
        var expiries = ExpiryCalendar()
        let turns: LoopTurns

        init(_ configuration: EgressConfiguration, turns: LoopTurns, now: NIODeadline) {
            self.turns = turns
            let (period, answerTimeout) = (configuration.pingInterval, configuration.pongTimeout)
            self.sockets = HeartbeatWheel(period: period, answerTimeout: answerTimeout, now: now)
            self.streams = HeartbeatWheel(period: period, answerTimeout: answerTimeout, now: now)
        }
    }

    let eventLoop: any EventLoop
    let broker: any Broker
    let authenticator: ClientAuthenticator
    /// Nil if traces are not recorded.
    let tracing: EgressTracing?
    private let deliveryTime = Timer(label: "hookwire_delivery_seconds")
    private let mailbox = Mutex(Mailbox())
    private let confined: NIOLoopBound<Confined>
    private let clock: @Sendable () -> NIODeadline

    /// Creates the lane of an event loop. On that loop.
    ///
    /// - Parameters:
    ///   - clock: the clock that times slices; by default the loop's own.
    ///   - turns: shared by all work on the loop.
    package init(
        configuration: EgressConfiguration,
        broker: any Broker,
        authenticator: ClientAuthenticator = .open,
        presence: (any PresenceStore)? = nil,
        tracing: EgressTracing? = nil,
        eventLoop: any EventLoop,
        clock: (@Sendable () -> NIODeadline)? = nil,
        turns: LoopTurns = LoopTurns()
    ) {
        self.clock = clock ?? { eventLoop.now }
        self.tracing = tracing
        self.eventLoop = eventLoop
        self.broker = broker
        self.authenticator = authenticator
        let confined = Confined(configuration, turns: turns, now: eventLoop.now)
        if let presence, authenticator.isGuarded {
            confined.presenceReporter = PresenceReporter(
                store: presence,
                node: configuration.nodeName,
                access: authenticator.access,
                now: authenticator.now,
                eventLoop: eventLoop
            )
        }
        self.confined = NIOLoopBound(confined, eventLoop: eventLoop)
        eventLoop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { [weak self] task in
            guard let self else { return task.cancel() }
            self.beat(now: self.eventLoop.now)
        }
    }

    // MARK: From the feeds, on any thread

    /// Posts an event to a group of this lane. Calls for one group must be serialized, in the order of the offsets.
    ///
    /// - Returns: nil, or what its publisher must wait for. If the lane is behind: until every socket of the group has
    ///   this event. If it is in the middle of a round: until the lane has taken the event and, if the round is this
    ///   group's, the publisher's turn comes. A bot with few sockets does not wait for one with very many.
    package func post(_ entry: LogEntry, to group: NIOLoopBound<ChannelFanOut>) -> FeedPressure? {
        let (pressure, wakes) = self.mailbox.withLock { $0.post(entry, to: group, on: self.eventLoop) }
        if wakes { self.wake() }
        return pressure
    }

    /// Posts a loss notice.
    func post(_ reason: UnrecoverableReason, head: Position, to group: NIOLoopBound<ChannelFanOut>) {
        if self.mailbox.withLock({ $0.post(reason, head: head, to: group) }) { self.wake() }
    }

    private func wake() {
        self.eventLoop.execute { self.work() }
    }

    /// Whether posted events have not reached all their sockets. Any thread.
    var isBehind: Bool { self.mailbox.withLock { $0.undelivered > 0 } }

    // MARK: On the loop

    /// Distributes the mail to groups and gives active ones their turns.
    private func work() {
        let confined = self.confined.value
        for mail in self.mailbox.withLock({ $0.take() }) {
            let group = mail.group.value
            switch mail.content {
            case .entry(let entry, .nothing): group.enqueue(entry)
            case .entry(let entry, .delivery(let promise)): group.enqueue(entry, delivered: promise)
            case .entry(let entry, .turn(let promise)):
                group.enqueue(entry)
                // Not every publisher told to wait for a turn does, so waiting alone does not bound the queue.
                if group.isInRound && confined.released.count < Self.turnLimit {
                    confined.released.append(promise)
                } else {
                    promise.succeed()
                }
            case .interruption(let reason, let head): group.enqueue(reason, head: head)
            }
            if !group.isActive {
                group.isActive = true
                confined.active.add(group, isSmall: group.isSmall)
            }
        }
        var finished = 0
        confined.active.run(
            freshSlice: { TimeSlice(TimeSlice.freshDuration, clock: self.clock) },
            slice: { TimeSlice(clock: self.clock) },
            turn: { group, slice in
                let turn = group.takeTurn(&slice)
                if turn.finished > 0 { confined.presenceReporter?.progressed(on: group.channel) }
                finished += turn.finished
                group.isActive = !turn.isDone
                if turn.promises.count <= Self.releaseLimit {
                    for promise in turn.promises { promise.succeed() }
                } else {
                    confined.released.append(contentsOf: turn.promises)
                }
                return turn.isDone
            }
        )
        for _ in 0..<min(confined.released.count, Self.releaseLimit) { confined.released.removeFirst().succeed() }
        let isBusy = confined.active.hasUnfinished
        let isDone = confined.active.isEmpty && confined.released.isEmpty
        let goesOn = self.mailbox.withLock { $0.pause(delivered: finished, isBusy: isBusy, isDone: isDone) }
        if goesOn { confined.turns.continueAfterPoll(on: self.eventLoop) { self.work() } }
    }

    /// Schedules work on the loop that takes longer than other connections should wait. On the loop.
    var turns: LoopTurns { self.confined.value.turns }

    /// The group of a channel on this lane, created if there is none. On the loop.
    package func group(of channel: ChannelID) -> (group: ChannelFanOut, isNew: Bool) {
        let confined = self.confined.value
        if let group = confined.groups[channel] { return (group, false) }
        let group = ChannelFanOut(
            channel: channel,
            broker: self.broker,
            tracing: self.tracing,
            deliveryTime: self.deliveryTime,
            eventLoop: self.eventLoop
        )
        confined.groups[channel] = group
        return (group, true)
    }

    /// Removes the group of a channel. On the loop.
    func removeGroup(of channel: ChannelID) {
        self.confined.value.groups[channel] = nil
    }

    /// Whether groups take no more events because the lane is draining. On the loop.
    var isResting: Bool { self.confined.value.isResting }

    /// Stops taking events for groups: a leaving member's events would go to another that leaves next. On the loop.
    func rest() {
        self.confined.value.isResting = true
    }

    /// Every socket of this lane. On the loop.
    var members: [any FanOutMember] {
        self.confined.value.groups.values.flatMap(\.members)
    }

    /// The sockets of one channel on this lane. On the loop.
    func members(of channel: ChannelID) -> [any FanOutMember] {
        self.confined.value.groups[channel]?.members ?? []
    }

    /// Schedules a check for when the token that admitted a member expires. On the loop.
    func expect(_ expiry: Int64, on channel: ChannelID) {
        self.confined.value.expiries.add(expiry, on: channel)
    }

    private func dismissExpired() {
        guard !self.confined.value.expiries.isEmpty else { return }
        for channel in self.confined.value.expiries.takeDue(at: self.authenticator.now()) { self.review(channel) }
    }

    /// Reports connections to operators; nil if not configured. On the loop.
    var presenceReporter: PresenceReporter? { self.confined.value.presenceReporter }

    /// Pings a socket from now on, and ends it when it does not answer. On the loop.
    func startHeartbeat(of socket: WebSocketHandler) {
        self.confined.value.sockets.add(socket)
    }

    /// Stops the heartbeat of a socket. On the loop.
    func stopHeartbeat(of socket: WebSocketHandler) {
        self.confined.value.sockets.remove(socket)
    }

    /// Periodically writes a comment to a stream from now on, and ends it when its client reads nothing. On the loop.
    func startHeartbeat(of stream: EventStreamHandler) {
        self.confined.value.streams.add(stream)
    }

    /// Stops the heartbeat of a stream. On the loop.
    func stopHeartbeat(of stream: EventStreamHandler) {
        self.confined.value.streams.remove(stream)
    }

    /// Visits a keeper once a second until it has nothing to store. On the loop.
    func visit(_ keeper: CursorKeeper) {
        keeper.isVisited = true
        self.confined.value.keepers.append(keeper)
    }

    /// Makes some of the due visits, and the others after the loop has polled I/O.
    private func makeVisits() {
        let confined = self.confined.value
        for _ in 0..<min(confined.dueVisits.count, Self.visitLimit) {
            switch confined.dueVisits.removeFirst() {
            case .keeper(let keeper):
                keeper.isVisited = keeper.visit()
                if keeper.isVisited { confined.keepers.append(keeper) }
            case .socket(let heartbeat, let socket):
                socket.heartbeat(heartbeat, now: self.eventLoop.now)
            case .stream(let heartbeat, let stream):
                stream.heartbeat(heartbeat)
            }
        }
        guard !confined.dueVisits.isEmpty else { return }
        confined.turns.continueAfterPoll(on: self.eventLoop) { self.makeVisits() }
    }

    /// Makes metrics sample the queues of their sockets once a second. On the loop.
    func visit(_ metrics: SocketMetrics) {
        self.confined.value.metrics.append(metrics)
    }

    private func beat(now: NIODeadline) {
        let confined = self.confined.value
        for metrics in confined.metrics { metrics.lookAtQueues() }
        self.dismissExpired()
        self.presenceReporter?.look(now: now) { self.members(of: $0) }
        // A loop that has not finished its visits within a second is busy enough.
        guard confined.dueVisits.isEmpty else { return }
        confined.dueVisits.append(contentsOf: confined.keepers.map { .keeper($0) })
        confined.keepers = []
        for (heartbeat, sockets) in confined.sockets.advance(to: now) {
            confined.dueVisits.append(contentsOf: sockets.map { .socket(heartbeat, $0) })
        }
        for (heartbeat, streams) in confined.streams.advance(to: now) {
            confined.dueVisits.append(contentsOf: streams.map { .stream(heartbeat, $0) })
        }
        self.makeVisits()
    }
}
