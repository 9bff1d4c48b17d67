// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// The members of one group of a channel on one lane: takes events from the broker as far as they have credit, and
/// distributes them. Bound to the lane's event loop.
final class GroupReader {
    /// How often it polls for events that members elsewhere gave back or did not settle, unless the visibility time is
    /// shorter.
    private static let longestPause = TimeAmount.seconds(2)
    private static let shortestPause = TimeAmount.milliseconds(250)

    private let group: StreamRequest.Group
    /// Where the group begins if it is new; nil for the oldest event.
    private let start: Position?
    private let channel: ChannelID
    private let broker: any Broker
    private let eventLoop: any EventLoop
    private let metrics: GroupMetrics
    private let tracing: EgressTracing?
    /// Whether this node is draining and takes no more events.
    private let isResting: () -> Bool
    /// Wakes the group's readers on all loops of the node; nil if this is the only one.
    private let wakeAll: (() -> Void)?
    private var machine = GroupReaderStateMachine()
    private var members: [any GroupMember] = []
    /// The pauses of members that have refused events lately.
    private var pauses: [ObjectIdentifier: RefusalPause] = [:]
    private var visits: RepeatedTask?
    /// Whether a wake-up is already scheduled.
    private var isAwake = false
    private lazy var deliveryReporter = DeliveryReporter(
        channel: self.channel,
        broker: self.broker,
        eventLoop: self.eventLoop
    )

    init(
        group: StreamRequest.Group,
        start: Position?,
        channel: ChannelID,
        broker: any Broker,
        eventLoop: any EventLoop,
        metrics: GroupMetrics,
        tracing: EgressTracing? = nil,
        isResting: @escaping () -> Bool = { false },
        wakeAll: (() -> Void)? = nil
    ) {
        self.group = group
        self.start = start
        self.channel = channel
        self.broker = broker
        self.eventLoop = eventLoop
        self.metrics = metrics
        self.tracing = tracing
        self.isResting = isResting
        self.wakeAll = wakeAll
    }

    /// The group's name.
    var name: ConsumerName { self.group.name }

    /// How long a member holds an event.
    var visibility: TimeAmount { self.group.visibility }

    /// Whether no members are left.
    var isEmpty: Bool { self.members.isEmpty }

    // MARK: Members

    func join(_ member: any GroupMember) {
        self.members.append(member)
        if self.visits == nil {
            let pause = min(Self.longestPause, max(Self.shortestPause, self.group.visibility / 4))
            let reader = NIOLoopBound(self, eventLoop: self.eventLoop)
            self.visits = self.eventLoop.scheduleRepeatedTask(initialDelay: pause, delay: pause) { _ in
                reader.value.visit()
            }
        }
        self.wake()
    }

    /// - Parameters:
    ///   - reason: why it ended. A drain does not count as a failed attempt of its events.
    ///   - unsettled: the member's unsettled events, made available to others at once.
    func leave(_ member: any GroupMember, _ reason: SocketEndReason, unsettled: [GroupSettlement.Attempt]) {
        self.members.removeAll { $0 === member }
        self.pauses[ObjectIdentifier(member)] = nil
        self.settle(reason == .drain ? .release : .nack, unsettled)
        if self.members.isEmpty {
            self.visits?.cancel()
            self.visits = nil
        }
    }

    /// A member has refused an event: other members get it, and other refused events, first. An event at its last
    /// attempt is not retried.
    func refused(by member: any GroupMember, attempt: Int) {
        guard attempt < self.group.attempts else { return }
        let now = self.eventLoop.now
        self.pauses[ObjectIdentifier(member), default: RefusalPause(attempt: attempt, now: now)]
            .refused(attempt: attempt, now: now)
    }

    private func visit() {
        for member in self.members { member.visited() }
        self.wake()
    }

    // MARK: Events

    /// There may be events to take, or room for them. Calls are coalesced: all members call this for each event, and it
    /// polls once at the end of the loop's current work.
    func wake() {
        guard !self.isAwake else { return }
        self.isAwake = true
        self.eventLoop.assumeIsolated().execute {
            self.isAwake = false
            if let limit = self.machine.wanted(credit: self.credit) { self.take(limit) }
        }
    }

    /// Which members the next events are for.
    private struct Turn {
        /// Nil for all members.
        var members: Set<ObjectIdentifier>?
        /// Events refused less than this time ago are left for others.
        var patience = TimeAmount.zero

        func has(_ member: any GroupMember) -> Bool { self.members?.contains(ObjectIdentifier(member)) ?? true }
    }

    /// Members that have refused nothing lately come first, and take anything. Only if none of them has room do the
    /// others get events that were not refused lately.
    private var turn: Turn {
        guard !self.pauses.isEmpty else { return Turn() }
        let now = self.eventLoop.now
        self.pauses = self.pauses.filter { !$0.value.isOver(now: now) }
        guard !self.pauses.isEmpty else { return Turn() }
        let roomy = self.members.filter { $0.credit > 0 }.map { ObjectIdentifier($0) }
        let eager = roomy.filter { self.pauses[$0] == nil }
        guard eager.isEmpty else { return Turn(members: Set(eager)) }
        return Turn(members: Set(roomy), patience: roomy.compactMap { self.pauses[$0]?.length }.max() ?? .zero)
    }

    private var credit: Int {
        guard !self.isResting() else { return 0 }
        let turn = self.turn
        return self.members.reduce(0) { $0 + (turn.has($1) ? max(0, $1.credit) : 0) }
    }

    private func take(_ limit: Int) {
        let turn = self.turn
        let request = GroupRequest(
            group: self.group.name,
            limit: limit,
            visibilityMilliseconds: self.group.visibility.nanoseconds / 1_000_000,
            attempts: self.group.attempts,
            patienceMilliseconds: turn.patience.nanoseconds / 1_000_000,
            start: self.start
        )
        let askedAt = self.eventLoop.now
        self.broker.take(request, on: self.channel, eventLoop: self.eventLoop).assumeIsolated().whenComplete {
            let outcome: GroupReaderStateMachine.Outcome
            switch $0 {
            case .failure(let error):
                outcome = .failed
                // A client that is told can return under another name. Other failures are retried at the next visit.
                if (error as? BrokerError) == .tooManyConsumers { self.refuse() }
            case .success(let page):
                // Dead letters and losses are progress too: more events may follow.
                let isEmpty = page.deliveries.isEmpty && page.deadLetters == 0 && page.lost == 0
                outcome = isEmpty ? .nothing : .progress
                self.metrics.taken(page, group: self.group.name, channel: self.channel)
                self.deal(page.deliveries, in: turn, askedAt: askedAt)
            }
            if let limit = self.machine.taken(outcome, credit: self.credit) {
                // A broker in memory answers at once: let the loop process its input first.
                self.eventLoop.assumeIsolated().execute { self.take(limit) }
            }
        }
    }

    private func refuse() {
        for member in self.members { member.refused() }
    }

    private func deal(_ deliveries: [GroupPage.Delivery], in turn: Turn, askedAt: NIODeadline) {
        let members = turn.members == nil ? self.members : self.members.filter { turn.has($0) }
        let isObserved = self.broker.isObserved(self.channel)
        var rest = deliveries[...]
        for (member, count) in zip(members, GroupReaderStateMachine.deal(rest.count, to: members.map(\.credit)))
        where count > 0 {
            // Move it to the end of the line: events it does not settle go to another member first.
            if let place = self.members.firstIndex(where: { $0 === member }) {
                self.members.append(self.members.remove(at: place))
            }
            self.give(rest.prefix(count), to: member, askedAt: askedAt)
            if isObserved { self.tell(rest.prefix(count), to: member) }
            rest = rest.dropFirst(count)
        }
        // The intended member has left meanwhile.
        self.settle(.release, rest.map { GroupSettlement.Attempt($0) })
    }

    private func give(
        _ deliveries: ArraySlice<GroupPage.Delivery>,
        to member: any GroupMember,
        askedAt: NIODeadline
    ) {
        guard let tracing else { return member.take(deliveries, askedAt: askedAt) }
        let (entries, passages) = tracing.begin(deliveries.map(\.entry))
        let traced = zip(entries, deliveries).map { GroupPage.Delivery(entry: $0, attempt: $1.attempt) }
        member.take(traced[...], askedAt: askedAt)
        tracing.delivered(passages, on: self.channel, sockets: 1, .group)
    }

    /// Reports to observers which member got which events.
    private func tell(_ deliveries: ArraySlice<GroupPage.Delivery>, to member: any GroupMember) {
        let deliveryNote = DeliveryNote(speech: member.speech, consumer: self.group.name)
        for delivery in deliveries {
            let position = delivery.entry.position
            self.deliveryReporter.written(
                first: position.offset,
                end: position,
                reached: WallClock.now(),
                to: [deliveryNote]
            )
        }
    }

    // MARK: Settling

    /// Settles what members took; does nothing for no positions.
    func settle(_ verdict: GroupSettlement.Verdict, _ attempts: [GroupSettlement.Attempt]) {
        for attempts in Dictionary(grouping: attempts, by: \.position.epoch).values {
            let settlement = GroupSettlement(group: self.group.name, verdict: verdict, attempts: attempts)
            self.metrics.settled(verdict, attempts.count)
            self.broker.settle(settlement, on: self.channel, eventLoop: self.eventLoop).assumeIsolated().whenComplete {
                // Events that could not be settled are redelivered after their visibility time.
                guard verdict != .ack, case .success = $0 else { return }
                if let wakeAll = self.wakeAll { wakeAll() } else { self.wake() }
            }
        }
    }
}

extension TimeAmount {
    fileprivate static func / (time: TimeAmount, divisor: Int64) -> TimeAmount {
        .nanoseconds(time.nanoseconds / divisor)
    }
}

@available(*, unavailable)
extension GroupReader: Sendable {}
