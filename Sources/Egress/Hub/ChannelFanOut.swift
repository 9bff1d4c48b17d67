// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
internal import Metrics
internal import NIOCore
internal import Shared

/// The sockets of one channel on one event loop, and the events in transit to them. Confined to its loop.
package final class ChannelFanOut {
    /// At most this many sockets finish a round quickly.
    private static let smallSize = 32
    /// A round's frames are kept below this, so that one turn cannot fill a socket's queue. In bytes.
    private static let roundLimit = 256 << 10

    /// An item queued for the next round.
    private enum Waiting {
        case entry(LogEntry, delivered: EventLoopPromise<Void>?)
        case interruption(UnrecoverableReason, head: Position)
    }

    let channel: ChannelID
    /// Where deliveries are reported to observers; nil in tests.
    private let broker: (any Broker)?
    private let tracing: EgressTracing?
    private let deliveryTime: Timer?
    private let eventLoop: any EventLoop
    /// The traced events of the round, and how many sockets have received it so far.
    private var passages: [EgressTracing.Passage] = []
    private var served = 0
    /// When the round began, if the channel is observed; in milliseconds since 1970.
    private var roundReached: Int64?
    private lazy var deliveryReporter = self.broker.map {
        DeliveryReporter(channel: self.channel, broker: $0, eventLoop: self.eventLoop)
    }

    private(set) var members: [any FanOutMember] = []
    private var waiting: Deque<Waiting> = []
    private var round: FeedRound?
    /// The cost of one write of the round, and the promises to fulfil once every socket has it.
    private var roundCost = 1
    private var roundPromises: [EventLoopPromise<Void>] = []
    /// The members before this index have received the round.
    private var cursor = 0
    /// Whether the group is in its lane's work queue.
    var isActive = false
    /// Whether its rounds finish quickly.
    var isSmall: Bool { self.members.count <= Self.smallSize }
    /// Whether a round has reached some of its members and not others.
    var isInRound: Bool { self.round != nil }
    /// The keeper for sockets that name no consumer, created when the first event is delivered.
    private var keeper: CursorKeeper?
    private var namedKeepers: [ConsumerName: CursorKeeper] = [:]

    /// The readers of those groups of the channel that have members here.
    private var readers: [ConsumerName: GroupReader] = [:]

    /// Creates the group of a channel; confined to its event loop from now on.
    ///
    /// - Parameter deliveryTime: records the time of events from their acceptance to the last socket.
    init(
        channel: ChannelID,
        broker: (any Broker)?,
        tracing: EgressTracing? = nil,
        deliveryTime: Timer? = nil,
        eventLoop: any EventLoop
    ) {
        self.channel = channel
        self.broker = broker
        self.tracing = tracing
        self.deliveryTime = deliveryTime
        self.eventLoop = eventLoop
    }

    /// The reader of a group.
    func reader(of name: ConsumerName, make: () -> GroupReader) -> GroupReader {
        if let known = self.readers[name], !known.isEmpty { return known }
        // Names are client-chosen and unbounded: a group without members is dropped.
        self.readers = self.readers.filter { !$0.value.isEmpty }
        let reader = make()
        self.readers[name] = reader
        return reader
    }

    /// There may be events for a group's members here.
    func wakeReader(of name: ConsumerName) {
        self.readers[name]?.wake()
    }

    /// The keeper of a consumer's cursor.
    func keeper(of consumer: ConsumerName, make: () -> CursorKeeper) -> CursorKeeper {
        if let known = consumer.isAnybody ? self.keeper : self.namedKeepers[consumer] { return known }
        // As with groups: a consumer without clients is dropped once its cursor is stored.
        if !consumer.isAnybody { self.namedKeepers = self.namedKeepers.filter { !$0.value.isIdle } }
        let keeper = make()
        if consumer.isAnybody { self.keeper = keeper } else { self.namedKeepers[consumer] = keeper }
        return keeper
    }

    /// Adds a socket. It gets every round from now on, and skips what it has received already.
    package func add(_ member: any FanOutMember) {
        member.fanOutIndex = self.members.count
        self.members.append(member)
    }

    /// Removes a socket; the last one takes its place. A round in progress misses no socket: the last one that has
    /// received it fills the gap first.
    func remove(_ member: any FanOutMember) {
        var gap = member.fanOutIndex
        precondition(self.members[gap] === member, "a socket leaves the group that it is in")
        if gap < self.cursor {
            self.cursor -= 1
            self.move(from: self.cursor, to: gap)
            gap = self.cursor
        }
        self.move(from: self.members.count - 1, to: gap)
        self.members.removeLast()
    }

    private func move(from source: Int, to target: Int) {
        self.members[target] = self.members[source]
        self.members[target].fanOutIndex = target
    }

    /// Queues an event for the next round.
    ///
    /// - Parameter delivered: fulfilled when every socket has the event.
    func enqueue(_ entry: LogEntry, delivered: EventLoopPromise<Void>? = nil) {
        self.waiting.append(.entry(entry, delivered: delivered))
    }

    /// Queues a loss notice, in order between the events.
    func enqueue(_ reason: UnrecoverableReason, head: Position) {
        self.waiting.append(.interruption(reason, head: head))
    }

    /// The result of a turn.
    struct Turn {
        /// How many events every socket has received now.
        var finished: Int
        /// The promises for those events.
        var promises: [EventLoopPromise<Void>] = []
        /// Whether there is more to do.
        var isDone: Bool
    }

    /// Serves sockets until the slice is used up, or until all have received the round.
    func takeTurn(_ slice: inout TimeSlice) -> Turn {
        var finished = 0
        if self.round == nil {
            finished = self.announceInterruptions()
            self.startRound()
        }
        guard let round = self.round else { return Turn(finished: finished, isDone: true) }
        while self.cursor < self.members.count, !slice.isOver {
            let member = self.members[self.cursor]
            self.cursor += 1
            self.served += 1
            member.deliver(round)
            slice.spend(self.roundCost)
        }
        if self.cursor >= self.members.count {
            finished += round.entries.count
            if self.served > 0 { self.record(round) }
            if let reached = self.roundReached { self.tell(round, reached: reached) }
            self.round = nil
            self.cursor = 0
        }
        var turn = Turn(finished: finished, isDone: self.round == nil && self.waiting.isEmpty)
        if self.round == nil, !self.roundPromises.isEmpty { swap(&turn.promises, &self.roundPromises) }
        return turn
    }

    private func record(_ round: FeedRound) {
        if let deliveryTime {
            let now = WallClock.now()
            for entry in round.entries {
                // A stored time is untrusted; an age of more than a day is not recorded.
                let (age, isOdd) = now.subtractingReportingOverflow(entry.event.receivedAt)
                deliveryTime.recordNanoseconds(isOdd ? 0 : max(0, min(age, 86_400_000)) * 1_000_000)
            }
        }
        if !self.passages.isEmpty {
            self.tracing?.delivered(self.passages, on: self.channel, sockets: self.served, .live)
        }
    }

    private func startRound() {
        var entries: [LogEntry] = []
        var bytes = 0
        while case .entry(let entry, let delivered)? = self.waiting.first {
            let length = entry.event.body.readableBytes
            // A round never mixes epochs, so that its offsets are consecutive.
            if let last = entries.last, bytes + length > Self.roundLimit || last.position.epoch != entry.position.epoch
            {
                break
            }
            bytes += length
            entries.append(entry)
            if let delivered { self.roundPromises.append(delivered) }
            self.waiting.removeFirst()
        }
        self.roundCost = TimeSlice.cost(ofBytes: bytes)
        self.cursor = 0
        self.served = 0
        if let tracing { (entries, self.passages) = tracing.begin(entries) }
        self.round = entries.isEmpty ? nil : FeedRound(entries: entries)
        self.roundReached = self.broker?.isObserved(self.channel) == true ? WallClock.now() : nil
    }

    /// Reports to observers which clients received the round.
    private func tell(_ round: FeedRound, reached: Int64) {
        let clients = self.members.compactMap { $0.deliveryNote(upTo: round.end) }
        self.deliveryReporter?.written(first: round.first, end: round.end, reached: reached, to: clients)
    }

    private func announceInterruptions() -> Int {
        var count = 0
        while case .interruption(let reason, let head)? = self.waiting.first {
            self.waiting.removeFirst()
            count += 1
            for member in self.members {
                member.interrupted(reason, head: head)
            }
        }
        return count
    }
}
