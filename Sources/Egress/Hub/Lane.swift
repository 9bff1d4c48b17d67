// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
internal import Logging
internal import Metrics
package import NIOCore
package import Shared
internal import Synchronization

/// The part of an egress node that lives on one event loop: its sockets, and the mailbox through which feeds reach them.
///
/// A feed posts from any thread; the lane takes the whole mailbox at once and serves the groups in turns (`TurnQueue`) of
/// a bounded time (`TimeSlice`), so that a channel with many sockets holds up neither the other bots nor the loop's input.
package final class Lane: Sendable {
    /// How many publishers are told at once that they have waited long enough. Each answers its platform, which then sends
    /// the next request: thirty of them would keep the loop from its sockets for longer than a slice lasts.
    private static let releaseLimit = 4
    /// How many may wait for those. Whoever comes then goes on at once.
    private static let turnLimit = 32
    /// How many visits are made at once: a lane may have thousands of sockets to ping and of keepers in a second.
    private static let visitLimit = 32
    /// How long the loop is left to its input between two turns. Only a timer lets input run: a task that is executed
    /// anew each time keeps the loop from looking at its connections, and so does a timer of 2 µs, which is due already
    /// when the loop looks at its tasks again.
    package static let yieldTime = TimeAmount.microseconds(10)

    /// Whom a lane calls on once in a while. Each visit may write to sockets.
    private enum Visit {
        case keeper(CursorKeeper)
        case socket(Heartbeat, WebSocketHandler)
        case stream(Heartbeat, EventStreamHandler)
    }

    /// What only the lane's own loop touches.
    private final class Confined {
        var active = TurnQueue<FeedGroup>()
        /// Whoever waits for events that are with all their sockets now.
        var released: Deque<EventLoopPromise<Void>> = []
        /// The groups of this lane by their channel.
        var groups: [ChannelID: FeedGroup] = [:]
        var sockets: HeartbeatWheel<WebSocketHandler>
        var streams: HeartbeatWheel<EventStreamHandler>
        /// The cursors that are not where they will be.
        var keepers: [CursorKeeper] = []
        /// The visits that are due.
        var dueVisits: Deque<Visit> = []
        /// Whoever tells operators who is connected; nil where nobody asks.
        var reception: Reception?
        /// Of those who count sockets here.
        var metrics: [SocketMetrics] = []
        /// Whether groups are given nothing any more.
        var isResting = false
        /// Of those who were let in by tokens that end.
        var expiries = ExpiryCalendar()

        init(_ configuration: EgressConfiguration, now: NIODeadline) {
            let (period, answerTimeout) = (configuration.pingInterval, configuration.pongTimeout)
            self.sockets = HeartbeatWheel(period: period, answerTimeout: answerTimeout, now: now)
            self.streams = HeartbeatWheel(period: period, answerTimeout: answerTimeout, now: now)
        }
    }

    let eventLoop: any EventLoop
    let broker: any Broker
    let entrance: Entrance
    /// Nil where no traces are recorded.
    let tracing: EgressTracing?
    private let deliveryTime = Timer(label: "hookwire_delivery_seconds")
    private let mailbox = Mutex(Mailbox())
    private let confined: NIOLoopBound<Confined>
    private let clock: @Sendable () -> NIODeadline
    private let yieldTime: TimeAmount

    /// A lane of an event loop. On that loop.
    ///
    /// - Parameters:
    ///   - clock: what slices are measured with; by default the loop's own.
    ///   - yieldTime: how long the loop is left to its input.
    package init(
        configuration: EgressConfiguration,
        broker: any Broker,
        entrance: Entrance = .open,
        presence: (any PresenceBoard)? = nil,
        tracing: EgressTracing? = nil,
        eventLoop: any EventLoop,
        clock: (@Sendable () -> NIODeadline)? = nil,
        yieldTime: TimeAmount = Lane.yieldTime
    ) {
        self.yieldTime = yieldTime
        self.clock = clock ?? { eventLoop.now }
        self.tracing = tracing
        self.eventLoop = eventLoop
        self.broker = broker
        self.entrance = entrance
        let confined = Confined(configuration, now: eventLoop.now)
        if let presence, entrance.isGuarded {
            confined.reception = Reception(
                board: presence,
                node: configuration.nodeName,
                access: entrance.access,
                now: entrance.now,
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

    /// Posts an event to a group of this lane. Calls come one at a time for a group, in the order of the offsets.
    ///
    /// - Returns: nil, or what its publisher is to wait for: where the lane is behind, that this event is with all sockets
    ///   of the group; where it is in the middle of some round, that the lane has taken the event, and where the round is
    ///   this group's, its turn to go on. A bot with few sockets does not wait for one with very many.
    package func post(_ entry: LogEntry, to group: NIOLoopBound<FeedGroup>) -> FeedPressure? {
        let (pressure, wakes) = self.mailbox.withLock { $0.post(entry, to: group, on: self.eventLoop) }
        if wakes { self.wake() }
        return pressure
    }

    /// Posts the news that events were lost.
    func post(_ reason: UnrecoverableReason, head: Position, to group: NIOLoopBound<FeedGroup>) {
        if self.mailbox.withLock({ $0.post(reason, head: head, to: group) }) { self.wake() }
    }

    private func wake() {
        self.eventLoop.execute { self.work() }
    }

    /// Whether something was posted that not all its sockets have had. Any thread.
    var isBehind: Bool { self.mailbox.withLock { $0.undelivered > 0 } }

    // MARK: On the loop

    /// Sorts the mail into groups and lets active ones have their turns.
    private func work() {
        let confined = self.confined.value
        for mail in self.mailbox.withLock({ $0.take() }) {
            let group = mail.group.value
            switch mail.content {
            case .entry(let entry, .nothing): group.enqueue(entry)
            case .entry(let entry, .delivery(let promise)): group.enqueue(entry, delivered: promise)
            case .entry(let entry, .turn(let promise)):
                group.enqueue(entry)
                // Not everyone who was given a turn waits for it, so that they alone would not keep the queue short.
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
                if turn.finished > 0 { confined.reception?.progressed(on: group.channel) }
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
        if goesOn { self.afterInput { self.work() } }
    }

    /// Goes on when the loop has looked at its input; but for what others give it to do meanwhile, which may take until the
    /// timer is due.
    private func afterInput(_ action: @escaping @Sendable () -> Void) {
        // Behind what the loop has to do at once: were the timer set before the answers to publishers are written, it
        // would be due after them, and the loop would not look at its connections in between.
        self.eventLoop.execute { self.eventLoop.scheduleTask(in: self.yieldTime, action) }
    }

    /// The group of a channel on this lane, made where there is none. On the loop.
    package func group(of channel: ChannelID) -> (group: FeedGroup, isNew: Bool) {
        let confined = self.confined.value
        if let group = confined.groups[channel] { return (group, false) }
        let group = FeedGroup(
            channel: channel,
            broker: self.broker,
            tracing: self.tracing,
            deliveryTime: self.deliveryTime,
            eventLoop: self.eventLoop
        )
        confined.groups[channel] = group
        return (group, true)
    }

    /// Forgets the group of a channel. On the loop.
    func removeGroup(of channel: ChannelID) {
        self.confined.value.groups[channel] = nil
    }

    /// Whether groups are given nothing any more, because their members go. On the loop.
    var isResting: Bool { self.confined.value.isResting }

    /// Gives groups nothing any more: what a member leaves behind would go to another one that goes next. On the loop.
    func rest() {
        self.confined.value.isResting = true
    }

    /// Every socket of this lane. On the loop.
    var members: [any FeedMember] {
        self.confined.value.groups.values.flatMap(\.members)
    }

    /// The sockets of one channel on this lane. On the loop.
    func members(of channel: ChannelID) -> [any FeedMember] {
        self.confined.value.groups[channel]?.members ?? []
    }

    /// A token ends by which somebody on this lane was let in. On the loop.
    func expect(_ expiry: Int64, on channel: ChannelID) {
        self.confined.value.expiries.add(expiry, on: channel)
    }

    private func dismissExpired() {
        guard !self.confined.value.expiries.isEmpty else { return }
        for channel in self.confined.value.expiries.takeDue(at: self.entrance.now()) { self.review(channel) }
    }

    /// Whoever tells operators who is connected; nil where nobody asks. On the loop.
    var reception: Reception? { self.confined.value.reception }

    /// Pings a socket from now on, and ends it when it does not answer. On the loop.
    func startHeartbeat(of socket: WebSocketHandler) {
        self.confined.value.sockets.add(socket)
    }

    /// Leaves a socket alone. On the loop.
    func stopHeartbeat(of socket: WebSocketHandler) {
        self.confined.value.sockets.remove(socket)
    }

    /// Writes a comment to a stream once in a while from now on, and ends it when its client reads nothing. On the loop.
    func startHeartbeat(of stream: EventStreamHandler) {
        self.confined.value.streams.add(stream)
    }

    /// Leaves a stream alone. On the loop.
    func stopHeartbeat(of stream: EventStreamHandler) {
        self.confined.value.streams.remove(stream)
    }

    /// Visits a keeper once a second until it has nothing to keep. On the loop.
    func visit(_ keeper: CursorKeeper) {
        keeper.isVisited = true
        self.confined.value.keepers.append(keeper)
    }

    /// Makes some of the visits that are due, and the others when the loop has looked at its input.
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
        if !confined.dueVisits.isEmpty { self.afterInput { self.makeVisits() } }
    }

    /// Has metrics look at the queues of their sockets, once a second. On the loop.
    func visit(_ metrics: SocketMetrics) {
        self.confined.value.metrics.append(metrics)
    }

    private func beat(now: NIODeadline) {
        let confined = self.confined.value
        for metrics in confined.metrics { metrics.lookAtQueues() }
        self.dismissExpired()
        self.reception?.look(now: now) { self.members(of: $0) }
        // A loop that has not got through in a second has enough to do.
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
