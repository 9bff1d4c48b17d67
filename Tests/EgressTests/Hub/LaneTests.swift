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

    init() {
        self.lane = Lane(configuration: EgressConfiguration(), broker: RefusingBroker(), eventLoop: self.loop)
    }

    private func group(_ name: String, members: Int) -> (NIOLoopBound<FeedGroup>, [RecordingMember]) {
        let (group, isNew) = self.lane.group(of: ChannelID(secret: Secret(name)))
        #expect(isNew)
        let recording = (0..<members).map { _ in RecordingMember() }
        for member in recording { group.add(member) }
        return (NIOLoopBound(group, eventLoop: self.loop), recording)
    }

    private func run() {
        for _ in 0..<100 { self.loop.advanceTime(by: .microseconds(20)) }
    }

    /// What is posted arrives in its order.
    @Test func delivers() {
        let (group, members) = self.group("a", members: 2)
        for offset in 1...10 { _ = self.lane.post(.sample(UInt64(offset)), to: group) }
        self.run()
        for member in members { #expect(member.offsets == Array(1...10)) }
    }

    /// A channel with many sockets does not hold up one with few: they take turns.
    @Test func turns() {
        let (large, many) = self.group("large", members: 1_000)
        let (small, few) = self.group("small", members: 1)
        _ = self.lane.post(.sample(1), to: large)
        _ = self.lane.post(.sample(1), to: small)
        self.loop.run()
        #expect(few[0].offsets == [])
        self.loop.advanceTime(by: .microseconds(20))
        #expect(few[0].offsets == [1])
        #expect(many.filter { !$0.offsets.isEmpty }.count < 200)
        self.run()
        for member in many { #expect(member.offsets == [1]) }
    }

    /// Publishers are asked to wait once more events are undelivered than a batch is worth, until most are delivered.
    @Test func backPressure() throws {
        let (group, members) = self.group("a", members: 1)
        for offset in 1...32 { #expect(self.lane.post(.sample(UInt64(offset)), to: group) == nil) }
        let caughtUp = try #require(self.lane.post(.sample(33), to: group))
        var isCaughtUp = false
        caughtUp.assumeIsolated().whenSuccess { isCaughtUp = true }
        #expect(!isCaughtUp)
        self.run()
        #expect(isCaughtUp)
        #expect(members[0].offsets.count == 33)
        #expect(self.lane.post(.sample(34), to: group) == nil)
    }
}
