// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import BrokerConformance
import Logging
import NIOCore
import NIOEmbedded
import Shared
import Synchronization
import Testing

@testable import Egress

/// What a group's members cost the broker and the loop.
@Suite struct GroupReaderTests {
    /// Counts what it is asked, and leaves it to a broker in memory.
    private final class CountingBroker: ForwardingBroker {
        let base: any Broker = MemoryBroker(configuration: MemoryBrokerConfiguration())
        private let counts = Mutex(
            (takes: 0, settlements: [Int](), givingUp: 0, failure: BrokerError?.none, delay: TimeAmount.zero)
        )

        /// Takes fail so from now on; nil for not any more.
        func fail(_ error: BrokerError?) {
            self.counts.withLock { $0.failure = error }
        }

        /// So many takes bring dead letters and nothing else.
        func giveUp(_ takes: Int) {
            self.counts.withLock { $0.givingUp = takes }
        }

        /// Takes are answered so much later.
        func delay(_ time: TimeAmount) {
            self.counts.withLock { $0.delay = time }
        }

        var takes: Int { self.counts.withLock { $0.takes } }
        /// How many attempts each settlement had.
        var settlements: [Int] { self.counts.withLock { $0.settlements } }

        func take(
            _ request: GroupRequest,
            on channel: ChannelID,
            eventLoop: any EventLoop
        ) -> EventLoopFuture<GroupPage> {
            let (givesUp, failure, delay) = self.counts.withLock { counts in
                counts.takes += 1
                counts.givingUp -= 1
                return (counts.givingUp >= 0, counts.failure, counts.delay)
            }
            if let failure { return eventLoop.makeFailedFuture(failure) }
            guard !givesUp else {
                return eventLoop.makeSucceededFuture(GroupPage(deliveries: [], deadLetters: 9, lost: 0))
            }
            let page = self.base.take(request, on: channel, eventLoop: eventLoop)
            guard delay > .zero else { return page }
            return page.flatMap { page in eventLoop.scheduleTask(in: delay) { page }.futureResult }
        }

        func settle(
            _ settlement: GroupSettlement,
            on channel: ChannelID,
            eventLoop: any EventLoop
        ) -> EventLoopFuture<Void> {
            self.counts.withLock { $0.settlements.append(settlement.attempts.count) }
            return self.base.settle(settlement, on: channel, eventLoop: eventLoop)
        }
    }

    /// Has room for ever, and counts how often that is asked.
    private final class Member: GroupMember {
        let speech = SocketPresence.Speech.raw
        private(set) var questions = 0
        private(set) var offsets: [UInt64] = []
        private(set) var times: [NIODeadline] = []
        private(set) var refusals = 0

        var credit: Int {
            self.questions += 1
            return 10
        }

        func take(_ deliveries: ArraySlice<GroupPage.Delivery>, askedAt: NIODeadline) {
            self.times.append(askedAt)
            self.offsets += deliveries.map(\.entry.position.offset)
        }

        func visited() {}
        func refused() { self.refusals += 1 }
    }

    private let loop = EmbeddedEventLoop()
    private let broker = CountingBroker()
    private let channel = ChannelID.random()

    private func group(visibility: TimeAmount = .seconds(60), prefetch: Int = 32) throws -> StreamRequest.Group {
        StreamRequest.Group(
            name: try #require(ConsumerName("workers")),
            visibility: visibility,
            attempts: 5,
            prefetch: prefetch
        )
    }

    private func reader() throws -> GroupReader {
        GroupReader(
            group: try self.group(),
            start: nil,
            channel: self.channel,
            broker: self.broker,
            eventLoop: self.loop,
            metrics: GroupMetrics(logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
        )
    }

    private func publish() throws {
        let event = Event(platform: "qq", receivedAt: 0, body: ByteBuffer(string: "{}"), bodyIsUTF8: true)
        _ = try self.broker.publish(event, to: self.channel, key: nil, retention: nil, on: self.loop)
            .future(on: self.loop).wait()
    }

    /// A store that has too much to do, or is away, is asked again at the next visit, and no member is sent away; but
    /// for a group that is one too many.
    @Test(arguments: [BrokerError.overloaded, .unavailable, .timeout])
    func waitsForABusyStore(error: BrokerError) throws {
        let (reader, member) = (try self.reader(), Member())
        self.broker.fail(error)
        try self.publish()
        reader.join(member)
        self.loop.run()
        #expect(member.refusals == 0 && self.broker.takes == 1)
        self.broker.fail(nil)
        self.loop.advanceTime(by: .seconds(2))
        #expect(member.offsets == [1])
        self.broker.fail(.tooManyConsumers)
        reader.wake()
        self.loop.run()
        #expect(member.refusals == 1)
    }

    /// Each member is told of each event, and the reader looks once for all of them.
    @Test func looksOnceForAllMembers() throws {
        let reader = try self.reader()
        let members = (0..<100).map { _ in Member() }
        for member in members { reader.join(member) }
        self.loop.run()
        let (takes, questions) = (self.broker.takes, members.reduce(0) { $0 + $1.questions })
        try self.publish()
        for _ in members { reader.wake() }
        self.loop.run()
        #expect(members.flatMap(\.offsets) == [1])
        // One that brings the event, and one that finds no more.
        #expect(self.broker.takes - takes <= 2)
        #expect(members.reduce(0) { $0 + $1.questions } - questions <= 400)
    }

    /// Behind what is given up, some at a time, there may be more: nobody waits for the next occasion.
    @Test func goesOnBehindWhatIsGivenUp() throws {
        let (reader, member) = (try self.reader(), Member())
        reader.join(member)
        self.loop.run()
        self.broker.giveUp(5)
        try self.publish()
        reader.wake()
        self.loop.run()
        #expect(member.offsets == [1])
    }

    /// What a member did not settle it has for as long as the group says, whatever itself said: it is not given others
    /// meanwhile that it does not settle either.
    @Test func visibilityIsTheGroups() throws {
        let share = EnvelopeShare(
            reader: try self.reader(),
            group: try self.group(visibility: .seconds(1), prefetch: 1)
        )
        let now = NIODeadline.now()
        share.given(1, at: .sample(1), askedAt: now, now: now)
        share.expire(now: now + .seconds(59))
        #expect(share.credit == 0)
        share.expire(now: now + .seconds(60))
        #expect(share.credit == 1)
    }

    /// A member's time runs from when the store was asked, by whose clock it may begin that early, not from its answer.
    @Test func timeRunsFromTheQuestion() throws {
        let (reader, member) = (try self.reader(), Member())
        try self.publish()
        self.broker.delay(.seconds(1))
        reader.join(member)
        self.loop.run()
        let asked = self.loop.now
        self.loop.advanceTime(by: .seconds(1))
        #expect(member.offsets == [1] && member.times == [asked])
    }

    /// What a client is not given after all is settled at once.
    @Test func settlesWhatIsPassedOver() throws {
        let share = EnvelopeShare(reader: try self.reader(), group: try self.group(prefetch: 64))
        let now = NIODeadline.now()
        let positions = (UInt64(1)...64).map { Position.sample($0) }
        for position in positions { share.given(1, at: position, askedAt: now, now: now) }
        #expect(share.credit == 0)
        share.pass(positions, now: now)
        share.pass([], now: now)
        #expect(share.credit == 64 && self.broker.settlements == [64])
    }
}
