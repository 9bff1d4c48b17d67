// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import BrokerConformance
import Logging
import NIOCore
import NIOEmbedded
import Shared
import Testing

@testable import Egress

@Suite struct ChannelFanOutTests {
    private func group(_ count: Int) -> (ChannelFanOut, [RecordingMember]) {
        let group = ChannelFanOut(channel: .random(), broker: nil, eventLoop: EmbeddedEventLoop())
        let members = (0..<count).map { _ in RecordingMember() }
        for member in members { group.add(member) }
        return (group, members)
    }

    /// What waits together goes out together, once to each member.
    @Test func roundsMerge() {
        let (group, members) = self.group(3)
        for offset in 1...4 { group.enqueue(.sample(UInt64(offset))) }
        let turn = group.takeTurn(limit: 64)
        #expect(turn.finished == 4)
        #expect(turn.isDone)
        for member in members {
            #expect(member.offsets == [1, 2, 3, 4])
            #expect(member.rounds == 1)
        }
    }

    /// A turn serves no more members than it may, and the next goes on where it stopped.
    @Test func turnsAreBounded() {
        let (group, members) = self.group(10)
        group.enqueue(.sample(1))
        #expect(group.takeTurn(limit: 4).finished == 0)
        #expect(members.filter { !$0.offsets.isEmpty }.count == 4)
        #expect(!group.takeTurn(limit: 4).isDone)
        #expect(members.filter { !$0.offsets.isEmpty }.count == 8)
        let last = group.takeTurn(limit: 4)
        #expect(last.finished == 1)
        #expect(last.isDone)
        for member in members { #expect(member.offsets == [1]) }
    }

    /// Events that come during a round wait for the next.
    @Test func nextRound() {
        let (group, members) = self.group(2)
        group.enqueue(.sample(1))
        _ = group.takeTurn(limit: 1)
        group.enqueue(.sample(2))
        #expect(!group.takeTurn(limit: 1).isDone)
        #expect(group.takeTurn(limit: 2).isDone)
        for member in members { #expect(member.offsets == [1, 2]) }
    }

    /// Members that leave in the middle of a round make no other miss it or get it twice, whichever they are.
    @Test func membersLeaveDuringARound() {
        for leaving in 0..<6 {
            for served in 1...5 {
                let (group, members) = self.group(6)
                group.enqueue(.sample(1))
                _ = group.takeTurn(limit: served)
                group.remove(members[leaving])
                while !group.takeTurn(limit: 1).isDone {}
                for (index, member) in members.enumerated() where index != leaving {
                    #expect(member.offsets == [1], "member \(index), with \(leaving) leaving after \(served)")
                }
                #expect(members[leaving].offsets == (leaving < served ? [1] : []))
            }
        }
    }

    /// A member that leaves because of the delivery itself, as one that is too slow does, disturbs nobody.
    @Test func membersLeaveWhileServed() {
        let (group, members) = self.group(5)
        for leaving in [0, 2, 4] {
            members[leaving].onDelivery = { group.remove(members[leaving]) }
        }
        group.enqueue(.sample(1))
        while !group.takeTurn(limit: 2).isDone {}
        for member in members { #expect(member.offsets == [1]) }
        #expect(group.members.count == 2)
    }

    /// A round's bytes are bounded, but one event always goes.
    @Test func roundsAreBounded() {
        let (group, members) = self.group(1)
        let large = String(repeating: "x", count: 200 << 10)
        for offset in 1...3 { group.enqueue(.sample(UInt64(offset), large)) }
        #expect(group.takeTurn(limit: 64).finished == 1)
        #expect(members[0].offsets == [1])
        group.enqueue(.sample(4, String(repeating: "x", count: 900 << 10)))
        while !group.takeTurn(limit: 64).isDone {}
        #expect(members[0].offsets == [1, 2, 3, 4])
    }

    /// The news of a loss comes between the events that it is between.
    @Test func interruptionsKeepTheirPlace() {
        let (group, members) = self.group(1)
        group.enqueue(.sample(1))
        group.enqueue(.epochChanged, head: Position(epoch: Epoch(rawValue: 8), offset: 0))
        group.enqueue(.sample(1, epoch: Epoch(rawValue: 8)))
        _ = group.takeTurn(limit: 64)
        #expect(members[0].offsets == [1])
        #expect(members[0].interruptions == [])
        while !group.takeTurn(limit: 64).isDone {}
        #expect(members[0].offsets == [1, 1])
        #expect(members[0].interruptions == [.epochChanged])
    }

    /// A group that everybody left finishes its events all the same, so that nobody waits for them.
    @Test func emptyGroups() {
        let (group, members) = self.group(1)
        group.enqueue(.sample(1))
        group.remove(members[0])
        let turn = group.takeTurn(limit: 64)
        #expect(turn.finished == 1)
        #expect(turn.isDone)
    }

    /// Clients name groups as they like: of those without members nothing is kept.
    @Test func forgetsGroupsWithoutMembers() throws {
        let loop = EmbeddedEventLoop()
        let group = ChannelFanOut(channel: .random(), broker: nil, eventLoop: loop)
        func reader(_ name: String) throws -> GroupReader {
            let name = try #require(ConsumerName(name))
            return group.reader(of: name) {
                GroupReader(
                    group: StreamRequest.Group(name: name, visibility: .seconds(1), attempts: 1, prefetch: 1),
                    start: nil,
                    channel: group.channel,
                    broker: RefusingBroker(),
                    eventLoop: loop,
                    metrics: GroupMetrics(logger: Logger(label: "test"))
                )
            }
        }
        weak let first = try reader("first")
        #expect(first != nil)
        _ = try reader("second")
        #expect(first == nil)
    }

    /// The same of consumers, but for one that has a client or something to store.
    @Test func forgetsConsumersWithoutClients() throws {
        let loop = EmbeddedEventLoop()
        let group = ChannelFanOut(channel: .random(), broker: nil, eventLoop: loop)
        func keeper(_ name: String) throws -> CursorKeeper {
            let name = try #require(ConsumerName(name))
            return group.keeper(of: name) {
                CursorKeeper(consumer: name, channel: group.channel, broker: RefusingBroker(), eventLoop: loop)
            }
        }
        weak let gone = try keeper("gone")
        weak let behind = try keeper("behind")
        #expect(gone == nil && behind != nil)
        // Its store refuses it.
        _ = try #require(behind).acknowledged(upTo: .sample(1))
        _ = try keeper("next")
        #expect(try keeper("behind") === behind)
    }
}
