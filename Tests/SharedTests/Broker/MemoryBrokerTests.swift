// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import BrokerConformance
import NIOCore
import Synchronization
import Testing

@testable import Shared

/// What `MemoryBroker` promises beyond the contract of `Broker`: its time and its bounds.
@Suite(.timeLimit(.minutes(1))) struct MemoryBrokerTests {
    private let bed = MemoryTestBed()

    /// Every rule of the contract holds for the broker in memory.
    @Test(arguments: BrokerRule.all)
    func keeps(_ rule: BrokerRule) async throws {
        try await rule.check(on: self.bed)
    }

    // MARK: Time

    /// A key is known until the very millisecond in which its lifetime ends, by the clock that was passed in.
    @Test func keysFollowTheClock() async throws {
        let broker = self.bed.broker()
        let channel = Fixtures.channel()
        try await broker.publish(Fixtures.event("a"), to: channel, keyed: "k", lifetimeMilliseconds: 1_000)
        self.bed.advance(milliseconds: 999)
        #expect(try await broker.publish(Fixtures.event("b"), to: channel, keyed: "k") == .duplicate)
        self.bed.advance(milliseconds: 1)
        #expect(try await broker.publish(Fixtures.event("c"), to: channel, keyed: "k") != .duplicate)
    }

    /// A key that is remembered anew lives as long as the new lifetime says, whatever was first remembered of it.
    @Test func keysAreRememberedAnew() async throws {
        let broker = self.bed.broker()
        let channel = Fixtures.channel()
        try await broker.publish(Fixtures.event("long"), to: channel, keyed: "long", lifetimeMilliseconds: 10_000)
        try await broker.publish(Fixtures.event("a"), to: channel, keyed: "k", lifetimeMilliseconds: 100)
        self.bed.advance(milliseconds: 200)
        try await broker.publish(Fixtures.event("b"), to: channel, keyed: "k", lifetimeMilliseconds: 20_000)
        self.bed.advance(milliseconds: 10_000)
        // This passes the queue of ends over the first end of "k".
        try await broker.publish(["c"], to: channel)
        #expect(try await broker.publish(Fixtures.event("d"), to: channel, keyed: "k") == .duplicate)
        #expect(try await broker.publish(Fixtures.event("e"), to: channel, keyed: "long") != .duplicate)
    }

    /// An event is retained for exactly the age, also where nobody publishes any more.
    @Test func agesFollowTheClock() async throws {
        let broker = self.bed.broker { $0.retentionAgeMilliseconds = 1_000 }
        let channel = Fixtures.channel()
        let positions = try await broker.publish(["a", "b"], to: channel)
        self.bed.advance(milliseconds: 1_000)
        #expect(try await broker.page(channel).texts == ["a", "b"])
        self.bed.advance(milliseconds: 1)
        #expect(try await broker.page(channel).texts == [])
        #expect(try await broker.page(channel, after: positions[0]).reason == .trimmed)
        #expect(try await broker.page(channel, after: positions[1]).texts == [])
    }

    // MARK: Bounds

    /// When memory is full the oldest events go first, whatever their channel, and the newest stays.
    @Test func oldestGoFirstAcrossChannels() async throws {
        let broker = self.bed.broker { $0.memoryLimit = 1 << 20 }
        let channels = (0..<10).map { _ in Fixtures.channel() }
        let body = ByteBuffer(bytes: [UInt8](repeating: 0x61, count: 16 << 10))
        var order: [ChannelID] = []
        for number in 0..<500 {
            let channel = channels[number * 7 % channels.count]
            var event = Fixtures.event("\(number)")
            event = event.with(body: body)
            try await broker.publish(event, to: channel)
            order.append(channel)
            try #require(broker.memory <= 1 << 20)
        }
        var retained: [ChannelID: Int] = [:]
        for channel in channels {
            retained[channel] = try await broker.page(channel).entries?.count
        }
        let count = retained.values.reduce(0, +)
        // 64 of 16 KiB fill a MiB; each costs more than its body, but not much more.
        #expect((60...63).contains(count))
        #expect(retained == order.suffix(count).reduce(into: [:]) { $0[$1, default: 0] += 1 })
    }

    /// A single large event drives everything else out and is stored; one that cannot fit is refused.
    @Test func oneEventMayTakeAllMemory() async throws {
        let broker = self.bed.broker { $0.memoryLimit = (1 << 20) + 5_000 }
        let (small, large) = (Fixtures.channel(), Fixtures.channel())
        try await broker.publish((0..<100).map(String.init), to: small)
        var event = Fixtures.event("large")
        event = event.with(body: ByteBuffer(bytes: [UInt8](repeating: 0, count: 1 << 20)))
        #expect(try await broker.publish(event, to: large) != .duplicate)
        #expect(try await broker.page(large).entries?.count == 1)
        // The dozen that fits beside it are the newest.
        let rest = try #require(try await broker.page(small).texts)
        #expect(rest.count < 20)
        #expect(rest == (0..<100).suffix(rest.count).map(String.init))
        event = event.with(body: ByteBuffer(bytes: [UInt8](repeating: 0, count: 2 << 20)))
        let refused = event
        await #expect(throws: BrokerError.eventTooLarge) { try await broker.publish(refused, to: large) }
        #expect(try await broker.page(large).entries?.count == 1)
    }

    /// Known keys take a bounded part of the memory: the oldest are forgotten, the events stay.
    @Test func keyMemoryIsBounded() async throws {
        let broker = self.bed.broker { $0.memoryLimit = 512 << 10 }
        let channel = Fixtures.channel()
        for number in 0..<5_000 {
            try await broker.publish(Fixtures.event("x"), to: channel, keyed: "key \(number)")
            try #require(broker.memory <= 512 << 10)
        }
        #expect(try await broker.page(channel).entries?.count == 1_000)
        #expect(try await broker.publish(Fixtures.event("x"), to: channel, keyed: "key 4999") == .duplicate)
        #expect(try await broker.publish(Fixtures.event("x"), to: channel, keyed: "key 4000") == .duplicate)
        #expect(try await broker.publish(Fixtures.event("x"), to: channel, keyed: "key 0") != .duplicate)
    }

    /// A channel without events and feeds takes no room any more but for its position, behind which its log goes on.
    @Test func idleChannelsGoOn() async throws {
        let broker = self.bed.broker { $0.retentionAgeMilliseconds = 1_000 }
        let (idle, fed, other) = (Fixtures.channel(), Fixtures.channel(), Fixtures.channel())
        let first = try await broker.publish(["a"], to: idle)
        let (_, subscription) = try await broker.record(fed)
        try await broker.publish(["a"], to: fed)
        #expect(broker.channelCount == 2)
        self.bed.advance(milliseconds: 1_001)
        try await broker.publish(["b"], to: other)
        #expect(broker.channelCount == 2)
        let second = try await broker.publish(["c"], to: idle)
        #expect(second == [Position(epoch: first[0].epoch, offset: 2)])
        #expect(try await broker.page(idle, after: first[0]).texts == ["c"])
        // The one with a feed was kept, and goes with it.
        #expect(broker.channelCount == 3)
        subscription.cancel()
        #expect(broker.channelCount == 2)
    }

    // MARK: Back-pressure

    /// An acknowledgement waits until the receivers that are behind have caught up, though the event is stored.
    @Test func pressureHoldsBackTheAcknowledgement() async throws {
        let broker = self.bed.broker()
        let channel = Fixtures.channel()
        let (slow, _) = try await broker.record(channel)
        let (broken, _) = try await broker.record(channel)
        let (quick, _) = try await broker.record(channel)
        let eventLoop = Fixtures.eventLoop
        let (slowly, failing) = (eventLoop.makePromise(of: Void.self), eventLoop.makePromise(of: Void.self))
        slow.setPressure(.behind(slowly.futureResult))
        broken.setPressure(.busy(failing.futureResult))
        let isAcknowledged = Mutex(false)
        let publication = broker.publish(Fixtures.event("a"), to: channel, key: nil, retention: nil, on: eventLoop)
        let acknowledged = publication.future(on: eventLoop).always { _ in isAcknowledged.withLock { $0 = true } }
        #expect(quick.entries.count == 1)
        #expect(try await broker.page(channel).texts == ["a"])
        // A receiver that fails to catch up holds nobody back, and is no reason to fail a stored event.
        failing.fail(BrokerError.closed)
        try await eventLoop.submit {}.get()
        #expect(!isAcknowledged.withLock { $0 })
        slowly.succeed()
        #expect(try await acknowledged.get() != .duplicate)
    }
}
