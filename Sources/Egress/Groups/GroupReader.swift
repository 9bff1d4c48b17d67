// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared

/// The members of one group of a channel on one lane: takes events from the broker as far as they have room, and deals them
/// out. Bound to the lane's event loop.
final class GroupReader {
    /// How often it looks for what members elsewhere left behind or did not settle, unless the visibility time is short.
    private static let longestPause = TimeAmount.seconds(2)
    private static let shortestPause = TimeAmount.milliseconds(250)

    private let group: StreamRequest.Group
    /// Where the group begins if it is new.
    private let start: Position?
    private let channel: ChannelID
    private let broker: any Broker
    private let eventLoop: any EventLoop
    private let metrics: GroupMetrics
    private let tracing: EgressTracing?
    private var machine = GroupReaderStateMachine()
    private var members: [any GroupMember] = []
    private var visits: RepeatedTask?
    /// Whether it is about to look.
    private var isAwake = false
    private lazy var receipts = Receipts(channel: self.channel, broker: self.broker, eventLoop: self.eventLoop)

    init(
        group: StreamRequest.Group,
        start: Position?,
        channel: ChannelID,
        broker: any Broker,
        eventLoop: any EventLoop,
        metrics: GroupMetrics,
        tracing: EgressTracing? = nil
    ) {
        self.group = group
        self.start = start
        self.channel = channel
        self.broker = broker
        self.eventLoop = eventLoop
        self.metrics = metrics
        self.tracing = tracing
    }

    /// The group's name.
    var name: ConsumerName { self.group.name }

    /// For how long an event is a member's.
    var visibility: TimeAmount { self.group.visibility }

    /// Whether anybody is left.
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

    /// - Parameter unsettled: what the member leaves behind, for another one to have at once.
    func leave(_ member: any GroupMember, unsettled: [Position]) {
        self.members.removeAll { $0 === member }
        self.settle(.nack, unsettled)
        if self.members.isEmpty {
            self.visits?.cancel()
            self.visits = nil
        }
    }

    private func visit() {
        for member in self.members { member.visited() }
        self.wake()
    }

    // MARK: Events

    /// There may be events to take, or room for them. All members say so of each event: it looks once for all of them, when
    /// the loop has gone through what is there.
    func wake() {
        guard !self.isAwake else { return }
        self.isAwake = true
        self.eventLoop.assumeIsolated().execute {
            self.isAwake = false
            if let limit = self.machine.wanted(credit: self.credit) { self.take(limit) }
        }
    }

    private var credit: Int { self.members.reduce(0) { $0 + max(0, $1.credit) } }

    private func take(_ limit: Int) {
        let request = GroupRequest(
            group: self.group.name,
            limit: limit,
            visibilityMilliseconds: self.group.visibility.nanoseconds / 1_000_000,
            attempts: self.group.attempts,
            start: self.start
        )
        self.broker.take(request, on: self.channel, eventLoop: self.eventLoop).assumeIsolated().whenComplete {
            var count: Int?
            switch $0 {
            case .failure(let error):
                // Too many groups, or too much to do: who is told can come back, and who is not waits in vain.
                if (error as? BrokerError) == .overloaded { self.refuse() }
            case .success(let page):
                // What became a dead letter, or was lost, is progress too: there may be more behind it.
                count = page.deliveries.isEmpty && page.deadLetters == 0 && page.lost == 0 ? 0 : 1
                self.metrics.taken(page, group: self.group.name, channel: self.channel)
                self.deal(page.deliveries)
            }
            if let limit = self.machine.taken(count, credit: self.credit) {
                // A broker in memory answers at once: the loop's input has its turn first.
                self.eventLoop.assumeIsolated().execute { self.take(limit) }
            }
        }
    }

    private func refuse() {
        for member in self.members { member.refused() }
    }

    private func deal(_ deliveries: [GroupPage.Delivery]) {
        let members = self.members
        let isObserved = self.broker.isObserved(self.channel)
        var rest = deliveries[...]
        for (member, count) in zip(members, GroupReaderStateMachine.deal(rest.count, to: members.map(\.credit)))
        where count > 0 {
            // It stands at the end of the line now: what it should not settle is somebody else's first.
            if let place = self.members.firstIndex(where: { $0 === member }) {
                self.members.append(self.members.remove(at: place))
            }
            self.give(rest.prefix(count), to: member)
            if isObserved { self.tell(rest.prefix(count), to: member) }
            rest = rest.dropFirst(count)
        }
        // Whose it was to be has gone meanwhile.
        self.settle(.nack, rest.map(\.entry.position))
    }

    private func give(_ deliveries: ArraySlice<GroupPage.Delivery>, to member: any GroupMember) {
        guard let tracing else { return member.take(deliveries) }
        let (entries, passages) = tracing.begin(deliveries.map(\.entry))
        let traced = zip(entries, deliveries).map { GroupPage.Delivery(entry: $0, attempt: $1.attempt) }
        member.take(traced[...])
        tracing.delivered(passages, on: self.channel, sockets: 1, .group)
    }

    /// Those who look on learn which member was given what.
    private func tell(_ deliveries: ArraySlice<GroupPage.Delivery>, to member: any GroupMember) {
        let receipt = Receipt(client: member is EnvelopeSocket ? .envelope : .raw, consumer: self.group.name)
        for delivery in deliveries {
            let position = delivery.entry.position
            self.receipts.written(first: position.offset, end: position, reached: WallClock.now(), to: [receipt])
        }
    }

    // MARK: Settling

    /// Settles what members took; nothing happens for none.
    func settle(_ verdict: GroupSettlement.Verdict, _ positions: [Position]) {
        for positions in Dictionary(grouping: positions, by: \.epoch).values {
            let settlement = GroupSettlement(group: self.group.name, verdict: verdict, positions: positions)
            self.metrics.settled(verdict, positions.count)
            self.broker.settle(settlement, on: self.channel, eventLoop: self.eventLoop).assumeIsolated().whenComplete {
                // What could not be settled is tried again when its visibility time is over.
                if verdict == .nack, case .success = $0 { self.wake() }
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
