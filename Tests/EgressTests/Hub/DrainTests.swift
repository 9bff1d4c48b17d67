// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import BrokerConformance
import NIOCore
import NIOEmbedded
import Shared
import Testing

@testable import Egress

@Suite struct DrainTests {
    /// What is on its way to a lane's sockets reaches all of them before any is told to end: nobody else may have it.
    @Test func deliversFirst() throws {
        let loop = EmbeddedEventLoop()
        let clock = TickingClock(step: .microseconds(20))
        let lane = Lane(
            configuration: EgressConfiguration(),
            broker: RefusingBroker(),
            eventLoop: loop,
            clock: { clock.tick() }
        )
        let (group, _) = lane.group(of: ChannelID(secret: Secret("a")))
        let members = (0..<500).map { _ in RecordingMember() }
        var delivered: [Int] = []
        for member in members {
            group.add(member)
            member.onDrain = {
                delivered.append(members.count { !$0.offsets.isEmpty })
                group.remove(member)
            }
        }
        for offset in 1...40 { _ = lane.post(.sample(UInt64(offset)), to: NIOLoopBound(group, eventLoop: loop)) }
        loop.run()
        let drained = Drain(lane: lane, duration: .zero).begin()
        #expect(delivered.isEmpty && members.contains { $0.offsets.isEmpty })
        for _ in 0..<100 { loop.advanceTime(by: .milliseconds(1)) }
        #expect(delivered == Array(repeating: 500, count: 500))
        for member in members { #expect(member.offsets == Array(1...40)) }
        try drained.wait()
    }
}
