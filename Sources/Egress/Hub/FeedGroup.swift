// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import DequeModule
internal import Metrics
internal import NIOCore
internal import Shared

/// The sockets of one channel on one event loop, and what is on its way to them. Never leaves its loop.
package final class FeedGroup {
    /// Up to so many sockets a round is over soon.
    private static let smallSize = 32
    /// A round's frames are kept below this, so that one turn cannot fill a socket's queue. In bytes.
    private static let roundLimit = 256 << 10

    /// What waits for the next round.
    private enum Waiting {
        case entry(LogEntry, delivered: EventLoopPromise<Void>?)
        case interruption(UnrecoverableReason, head: Position)
    }

    let channel: ChannelID
    /// Whom to tell of deliveries; nil in tests.
    private let broker: (any Broker)?
    private let tracing: EgressTracing?
    private let deliveryTime: Timer?
    private let eventLoop: any EventLoop
    /// What of the round is traced, and how many sockets have had it so far.
    private var passages: [EgressTracing.Passage] = []
    private var served = 0
    /// When the round began, where somebody looks on; in milliseconds since 1970.
    private var roundReached: Int64?
    private lazy var receipts = self.broker.map {
        Receipts(channel: self.channel, broker: $0, eventLoop: self.eventLoop)
    }

    private(set) var members: [any FeedMember] = []
    private var waiting: Deque<Waiting> = []
    private var round: FeedRound?
    /// What a write of the round costs, and whom to tell when it is with all.
    private var roundCost = 1
    private var roundPromises: [EventLoopPromise<Void>] = []
    /// The members before this index have had the round.
    private var cursor = 0
    /// Whether the group stands in its lane's queue of work.
    var isActive = false
    /// Whether its rounds are over soon.
    var isSmall: Bool { self.members.count <= Self.smallSize }
    /// Whether some of its members have had a round that others have not.
    var isInRound: Bool { self.round != nil }
    /// Of those who name no consumer, made when the first event is delivered.
    private var keeper: CursorKeeper?
    private var namedKeepers: [ConsumerName: CursorKeeper] = [:]

    /// Of the channel's groups, those that have members here.
    private var readers: [ConsumerName: GroupReader] = [:]

    /// The group of a channel; on its event loop from now on.
    ///
    /// - Parameter deliveryTime: what the time is recorded with that events take from their acceptance to the last socket.
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
        // Names come from clients, as many as they like: nothing is kept of one whose members have left.
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
        // As with groups: nothing is kept of a consumer whose clients have gone, once its place is stored.
        if !consumer.isAnybody { self.namedKeepers = self.namedKeepers.filter { !$0.value.isIdle } }
        let keeper = make()
        if consumer.isAnybody { self.keeper = keeper } else { self.namedKeepers[consumer] = keeper }
        return keeper
    }

    /// Adds a socket. It is told of what is delivered from now on, and skips what it has had.
    package func add(_ member: any FeedMember) {
        member.groupIndex = self.members.count
        self.members.append(member)
    }

    /// Removes a socket; the last one takes its place. A round that is under way misses nobody: the last of those that
    /// had it fills the gap among them.
    func remove(_ member: any FeedMember) {
        var gap = member.groupIndex
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
        self.members[target].groupIndex = target
    }

    /// Takes an event for the next round.
    ///
    /// - Parameter delivered: fulfilled when the event is with all sockets.
    func enqueue(_ entry: LogEntry, delivered: EventLoopPromise<Void>? = nil) {
        self.waiting.append(.entry(entry, delivered: delivered))
    }

    /// Takes the news that events were lost, in its place between them.
    func enqueue(_ reason: UnrecoverableReason, head: Position) {
        self.waiting.append(.interruption(reason, head: head))
    }

    /// What a turn did.
    struct Turn {
        /// How many events are with all sockets now.
        var finished: Int
        /// Whoever waits for those.
        var promises: [EventLoopPromise<Void>] = []
        /// Whether there is more to do.
        var isDone: Bool
    }

    /// Serves sockets until the slice is over, or until all have had the round.
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
                // A store may say any time; what is more than a day off is no delay.
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
            // Epochs never mix, so that a round's offsets follow each other.
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

    /// Those who look on learn who has had the round.
    private func tell(_ round: FeedRound, reached: Int64) {
        let clients = self.members.compactMap { $0.receipt(upTo: round.end) }
        self.receipts?.written(first: round.first, end: round.end, reached: reached, to: clients)
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
