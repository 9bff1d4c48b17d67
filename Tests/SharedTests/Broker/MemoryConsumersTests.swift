// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import BrokerConformance
import DequeModule
import NIOCore
import Testing

@testable import Shared

@Suite struct MemoryConsumersTests {
    /// A channel that was let go and is in use again keeps its groups, however many others are let go meanwhile.
    @Test func channelsInUseAreKept() async throws {
        let broker = MemoryTestBed().broker()
        let (channel, eventLoop) = (Fixtures.channel(), Fixtures.eventLoop)
        let request = GroupRequest(
            group: try #require(ConsumerName("group")),
            limit: 100,
            visibilityMilliseconds: 1_000,
            attempts: 3
        )
        func visit(_ channel: ChannelID) async throws {
            let (_, feed) = try await broker.record(channel)
            _ = try await broker.take(request, on: channel, eventLoop: eventLoop).get()
            feed.cancel()
        }
        try await visit(channel)
        let positions = try await broker.publish(["a", "b"], to: channel)
        for _ in 0..<5_000 { try await visit(Fixtures.channel()) }
        let later = GroupRequest(
            group: request.group,
            limit: 100,
            visibilityMilliseconds: 1_000,
            attempts: 3,
            start: positions[1]
        )
        let page = try await broker.take(later, on: channel, eventLoop: eventLoop).get()
        #expect(page.deliveries.map(\.entry.position) == positions)
    }

    /// Of channels that are not kept a bounded number is remembered: beyond it those go first that were let go the
    /// longest ago, and however many they are, those that have names in them stay.
    @Test func forgetsTheOldestOfTooMany() throws {
        let epoch = Epoch(rawValue: 1)
        let head = Position(epoch: epoch, offset: 7)
        let log = MemoryLog(head: head)
        var consumers = MemoryConsumers()
        let (named, late, unused) = (ChannelID.random(), ChannelID.random(), ChannelID.random())
        let name = try #require(ConsumerName("reader"))
        try consumers.moveCursor(of: name, on: named, to: head, log: log)
        #expect(consumers.forget(named, head: head) == [])
        // One that nobody ever published to is made again as it was.
        #expect(consumers.forget(unused, head: Position(epoch: epoch, offset: 0)) == [])
        #expect(consumers.head(of: unused) == nil)
        // This one gets its name when it is not kept any more.
        #expect(consumers.forget(late, head: head) == [])
        try consumers.moveCursor(of: name, on: late, to: head, log: log)
        let bare = (0..<MemoryConsumers.bareLimit).map { _ in ChannelID.random() }
        for channel in bare { try #require(consumers.forget(channel, head: head) == []) }
        #expect(consumers.forget(.random(), head: head) == [bare[0]])
        #expect(consumers.head(of: bare[0]) == nil)
        #expect(consumers.head(of: bare[1]) == head)
        // One that is kept again is none of them.
        consumers.keep(bare[1])
        #expect(consumers.forget(.random(), head: head) == [])
        #expect(consumers.forget(.random(), head: head) == [bare[2]])
        for channel in [named, late] {
            #expect(consumers.head(of: channel) == head)
            #expect(consumers.cursor(of: name, on: channel) == head)
        }
    }

    /// Dead letters that are gone are not remembered one by one, however many there were.
    @Test func forgetsDeadLettersThatAreGone() throws {
        let channel = Fixtures.channel()
        var consumers = MemoryConsumers()
        var log = MemoryLog(head: Position(epoch: Epoch(rawValue: 1), offset: 0))
        let request = GroupRequest(
            group: try #require(ConsumerName("group")),
            limit: 100,
            visibilityMilliseconds: 1,
            attempts: 1
        )
        var given = 0
        for round in 0..<200 {
            for _ in 0..<100 { _ = log.append(Fixtures.event("event"), cost: 1, now: 0) }
            let page = try consumers.take(
                request,
                on: channel,
                from: log,
                notBefore: 0,
                deadLetterLimit: 10,
                now: Int64(round) * 10
            )
            given += page.deadLetters
            while log.retained.count > 200 { _ = log.removeOldest() }
        }
        #expect(given > 10_000)
        #expect(consumers.letters.count <= 2 * 10 + 1_024 + 100)
        #expect(consumers.deadLetters(of: channel, after: 0, limit: 100, notBefore: 0).count == 10)
        // Those that are there are found, and no others.
        for _ in 0..<10 { #expect(consumers.removeOldestDeadLetter() == true) }
        #expect(consumers.removeOldestDeadLetter() == false)
        #expect(consumers.deadLetterBytes == 0)
    }
}
