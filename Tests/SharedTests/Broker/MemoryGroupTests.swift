// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import BrokerConformance
import Testing

@testable import Shared

/// What a group in memory remembers of the events that its members have.
@Suite struct MemoryGroupTests {
    private let log = MemoryLog(head: Position(epoch: Epoch(rawValue: 1), offset: 0))

    private func request() throws -> GroupRequest {
        GroupRequest(
            group: try #require(ConsumerName("group")),
            limit: 100,
            visibilityMilliseconds: 10,
            attempts: 5
        )
    }

    /// What was taken twice at one time is given once when that time is over, in the order of the log.
    @Test func takenTwiceAtOnce() throws {
        var log = self.log
        for _ in 0..<3 { _ = log.append(Fixtures.event("event"), cost: 1, now: 0) }
        let request = try self.request()
        var group = MemoryGroup(start: nil, log: log, notBefore: 0)
        let positions = group.take(request, from: log, notBefore: 0, now: 0).deliveries.map(\.entry.position)
        #expect(positions.map(\.offset) == [1, 2, 3])
        for verdict: GroupSettlement.Verdict in [.nack, .release] {
            let refused = GroupSettlement(group: request.group, verdict: verdict, positions: [positions[1]])
            group.settle(refused, now: 0)
            let again = group.take(request, from: log, notBefore: 0, now: 0)
            #expect(again.deliveries.map(\.entry.position) == [positions[1]])
            #expect(again.deliveries.map(\.attempt) == [2])
        }
        let done = GroupSettlement(group: request.group, verdict: .ack, positions: [positions[2]])
        group.settle(done, now: 0)
        #expect(group.take(request, from: log, notBefore: 0, now: 9).deliveries.isEmpty)
        let late = group.take(request, from: log, notBefore: 0, now: 10)
        #expect(late.deliveries.map(\.entry.position) == [positions[0], positions[1]])
        #expect(late.deliveries.map(\.attempt) == [2, 3])
    }

    /// What is settled is not remembered, though something that was taken before it is not.
    @Test func forgetsWhatIsSettled() throws {
        var log = self.log
        let request = try self.request()
        var group = MemoryGroup(start: nil, log: log, notBefore: 0)
        for round in 0..<100 {
            for _ in 0..<100 { _ = log.append(Fixtures.event("event"), cost: 1, now: 0) }
            let positions = group.take(request, from: log, notBefore: 0, now: 0).deliveries.map(\.entry.position)
            try #require(positions.count == 100)
            let done = Array(positions.dropFirst(round == 0 ? 1 : 0))
            group.settle(GroupSettlement(group: request.group, verdict: .ack, positions: done), now: 0)
        }
        #expect(group.takenCount <= 2 * 101 + 1_024)
        #expect(group.take(request, from: log, notBefore: 0, now: 10).deliveries.map(\.entry.position.offset) == [1])
    }
}
