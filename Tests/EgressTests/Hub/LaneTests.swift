// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import BrokerConformance
import NIOCore
import NIOEmbedded
import Shared
import Testing

@testable import Egress

@Suite struct LaneTests {
    private let loop = EmbeddedEventLoop()
    private let lane: Lane

    /// A lane whose clock goes on by as much as a write takes, each time that it is looked at.
    init() {
        let clock = TickingClock(step: .microseconds(20))
        self.lane = Lane(
            configuration: EgressConfiguration(),
            broker: RefusingBroker(),
            eventLoop: self.loop,
            clock: { clock.tick() }
        )
    }

    private func group(_ name: String, members: Int) -> (NIOLoopBound<FeedGroup>, [RecordingMember]) {
        let (group, isNew) = self.lane.group(of: ChannelID(secret: Secret(name)))
        #expect(isNew)
        let recording = (0..<members).map { _ in RecordingMember() }
        for member in recording { group.add(member) }
        return (NIOLoopBound(group, eventLoop: self.loop), recording)
    }

    private func run() {
        for _ in 0..<1_000 { self.loop.advanceTime(by: .microseconds(20)) }
    }

    /// What is posted arrives in its order.
    @Test func delivers() {
        let (group, members) = self.group("a", members: 2)
        for offset in 1...10 { _ = self.lane.post(.sample(UInt64(offset)), to: group) }
        self.run()
        for member in members { #expect(member.offsets == Array(1...10)) }
    }

    /// A channel with many sockets does not hold up one with few, whose event goes first wherever the round of many is.
    @Test func turns() {
        let (large, many) = self.group("large", members: 1_000)
        let (small, few) = self.group("small", members: 1)
        _ = self.lane.post(.sample(1), to: large)
        self.loop.run()
        var served: [Int] = []
        few[0].onDelivery = { served.append(many.count { !$0.offsets.isEmpty }) }
        for offset in 1...5 {
            let before = many.count { !$0.offsets.isEmpty }
            #expect(before > 0 && before < 1_000)
            _ = self.lane.post(.sample(UInt64(offset)), to: small)
            self.loop.advanceTime(by: .microseconds(20))
            #expect(few[0].offsets.count == offset)
            #expect(served.last == before)
            #expect(many.count { !$0.offsets.isEmpty } > before, "the round goes on all the same")
        }
        self.run()
        for member in many { #expect(member.offsets == [1]) }
    }

    /// The loop has its input looked at after a bounded time of delivering.
    @Test func slices() {
        let (large, many) = self.group("large", members: 1_000)
        _ = self.lane.post(.sample(1), to: large)
        self.loop.run()
        // The time of six looks at the clock, at eight sockets each.
        #expect(many.count { !$0.offsets.isEmpty } == 48)
    }

    /// The loop has its input looked at while thousands of cursors are kept, too; each keeper has its visit.
    @Test func visitsAFewAtOnce() throws {
        let clients = (0..<100).map { _ in NotingClient() }
        for (index, client) in clients.enumerated() {
            let keeper = CursorKeeper(
                consumer: .anybody,
                channel: ChannelID(secret: Secret("\(index)")),
                broker: RefusingBroker(),
                eventLoop: self.loop
            )
            #expect(keeper.sent(upTo: Position(epoch: Epoch(rawValue: 1), offset: 1), to: client) == true)
            self.lane.visit(keeper)
        }
        self.loop.advanceTime(by: .seconds(1))
        var counts = [clients.count { !$0.probes.isEmpty }]
        for _ in 0..<4 {
            self.loop.advanceTime(by: .microseconds(10))
            counts.append(clients.count { !$0.probes.isEmpty })
        }
        #expect(counts == [32, 64, 96, 100, 100])
    }

    /// Publishers are asked to wait once more events are undelivered than a batch is worth: for their own event.
    @Test func backPressure() throws {
        let (group, members) = self.group("a", members: 1)
        for offset in 1...32 { #expect(self.lane.post(.sample(UInt64(offset)), to: group) == nil) }
        let delivered = try #require(self.lane.post(.sample(33), to: group))
        var isDelivered = false
        delivered.assumeIsolated().whenSuccess { isDelivered = true }
        #expect(!isDelivered)
        self.run()
        #expect(isDelivered)
        #expect(members[0].offsets.count == 33)
        #expect(self.lane.post(.sample(34), to: group) == nil)
    }

    /// Publishers that wait for one round are told a few at a time, in their order, and the loop looks at its input between.
    @Test func releases() throws {
        let (group, _) = self.group("a", members: 1)
        var released: [Int] = []
        for offset in 1...42 {
            let delivered = self.lane.post(.sample(UInt64(offset)), to: group)
            delivered?.assumeIsolated().whenSuccess { released.append(offset) }
        }
        self.loop.run()
        var counts = [released.count]
        for _ in 0..<3 {
            self.loop.advanceTime(by: .microseconds(10))
            counts.append(released.count)
        }
        #expect(counts == [4, 8, 10, 10])
        #expect(released == Array(33...42))
    }

    /// Where a channel with many sockets has the lane behind, the publisher of another waits for its own sockets only.
    @Test func backPressureOfOthers() throws {
        let (large, many) = self.group("large", members: 1_000)
        let (small, few) = self.group("small", members: 1)
        var largeIsDelivered = false
        for offset in 1...33 {
            let delivered = self.lane.post(.sample(UInt64(offset)), to: large)
            delivered?.assumeIsolated().whenSuccess { largeIsDelivered = true }
        }
        self.loop.run()
        var smallIsDelivered = false
        let delivered = try #require(self.lane.post(.sample(1), to: small))
        delivered.assumeIsolated().whenSuccess { smallIsDelivered = true }
        self.loop.advanceTime(by: .microseconds(20))
        #expect(smallIsDelivered)
        #expect(few[0].offsets == [1])
        #expect(!largeIsDelivered)
        self.run()
        #expect(largeIsDelivered)
        for member in many { #expect(member.offsets == Array(1...33)) }
    }
}
