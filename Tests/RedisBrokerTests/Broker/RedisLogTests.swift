// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import BrokerConformance
import NIOCore
import RedisServer
import Shared
import Testing

@testable import RedisBroker

/// How long a log and what belongs to it is kept, and what is passed over or given up of it.
@Suite(.timeLimit(.minutes(3))) struct RedisLogTests {
    /// What is remembered of a channel that keeps its events for long is remembered for longer than they are kept, whoever
    /// reads meanwhile: the log goes with it.
    @Test func longRetentionsOutliveReads() async throws {
        let server = try await RedisServer.start()
        try await RedisBrokerTestBed(server: server).withRedisBroker { broker in
            let (channel, loop) = (Fixtures.channel(), Fixtures.eventLoop)
            let week: Int64 = 7 * 24 * 60 * 60 * 1_000
            let consumer = try #require(ConsumerName("a"))
            let kept = ChannelRetention(ageMilliseconds: week)
            let positions = try await broker.publish(["a"], to: channel, keeping: kept)
            _ = try await broker.page(channel)
            _ = try await broker.record(channel)
            try await broker.moveCursor(of: consumer, on: channel, to: positions[0], eventLoop: loop).get()
            let request = GroupRequest(group: consumer, limit: 2, visibilityMilliseconds: 1_000, attempts: 2)
            _ = try await broker.take(request, on: channel, eventLoop: loop).get()
            let keys = ChannelKeys(channel)
            for name in [keys.meta, keys.cursors, keys.groups] {
                #expect((Int64(try server.command("PTTL", name)) ?? -1) > week, "\(name)")
            }
        }
    }

    /// A node that retains for less does not shorten what another one retains: the log would go with what is remembered
    /// of the channel.
    @Test func shorterRetentionsDoNotShortenOthers() async throws {
        let server = try await RedisServer.start()
        let bed = RedisBrokerTestBed(server: server)
        let week: Int64 = 7 * 24 * 60 * 60 * 1_000
        try await bed.withRedisBroker {
            $0.retentionAgeMilliseconds = week
        } _: { broker in
            let channel = Fixtures.channel()
            try await broker.publish(["a"], to: channel)
            try await bed.withRedisBroker {
                $0.retentionAgeMilliseconds = 1_000
            } _: { other in
                _ = try await other.page(channel)
                _ = try await other.record(channel)
            }
            #expect((Int64(try server.command("PTTL", ChannelKeys(channel).meta)) ?? -1) > week)
        }
    }

    /// A Redis that takes no writes for want of replicas gives what is retained, and a feed begins; but not one that is
    /// a replica itself.
    @Test func isReadWhereNothingIsWritten() async throws {
        let server = try await RedisServer.start()
        try await RedisBrokerTestBed(server: server).withRedisBroker { broker in
            let (channel, other) = (Fixtures.channel(), Fixtures.channel())
            let positions = try await broker.publish(["a"], to: channel)
            try server.command("CONFIG", "SET", "min-replicas-to-write", "1")
            await #expect(throws: BrokerError.refused) { try await broker.publish(["b"], to: channel) }
            #expect(try await broker.page(channel).texts == ["a"])
            #expect(try await broker.record(channel).1.start == positions[0])
            // It has no position yet, and none can be stored.
            await #expect(throws: BrokerError.refused) { try await broker.page(other) }
            try server.command("CONFIG", "SET", "min-replicas-to-write", "0")
            try server.command("REPLICAOF", "127.0.0.1", "1")
            await #expect(throws: (any Error).self) { try await broker.page(channel) }
        }
    }

    /// The bytes of a log that keeps so many are known also when some have become too old, or a limit became smaller.
    @Test func countsTheBytesOfItsLog() async throws {
        let server = try await RedisServer.start()
        let bed = RedisBrokerTestBed(server: server)
        try await bed.withRedisBroker { broker in
            let channel = Fixtures.channel()
            let keys = ChannelKeys(channel)
            func publish(_ texts: [String], count: Int, age: Int64 = 1_600) async throws {
                let kept = ChannelRetention(count: count, ageMilliseconds: age, bytes: 1 << 20)
                try await broker.publish(texts, to: channel, keeping: kept)
                let counted = try server.command("HGET", keys.meta, "kept").split(separator: " ")[2]
                let stored = try server.command(
                    "EVAL",
                    "local n = 0 for _, e in ipairs(redis.call('XRANGE', KEYS[1], '-', '+')) do n = n + #e[2][4] end return n",
                    "1",
                    keys.log
                )
                #expect(counted == stored)
            }
            let old = (0..<40).map { String(repeating: "a", count: $0) }
            try await publish(old, count: 100)
            try await bed.advance(milliseconds: 1_700)
            try await publish(["b", "cc"], count: 100)
            #expect(try server.command("XLEN", keys.log) == "2")
            try await publish(["d", "ee", "fff"], count: 2)
            #expect(try server.command("XLEN", keys.log) == "2")
            // As its time to live does.
            try server.command("DEL", keys.log)
            try server.command("HSET", keys.meta, "until", "0")
            try await publish(["g"], count: 100)
            try await publish(["hh"], count: 100)
        }
    }

    /// An event that this version cannot read is passed over by whoever reads those beside it.
    @Test func passesOverWhatItCannotRead() async throws {
        let server = try await RedisServer.start()
        let bed = RedisBrokerTestBed(server: server)
        try await bed.withRedisBroker { broker in
            let (channel, loop) = (Fixtures.channel(), Fixtures.eventLoop)
            let keys = ChannelKeys(channel)
            func damage(_ offset: Int) throws {
                let time = try server.command("HGET", keys.meta, "time")
                try server.command("XADD", keys.log, "\(offset)-0", "t", time, "e", "of a later version")
                try server.command("HSET", keys.meta, "offset", "\(offset)")
            }
            let positions = try await broker.publish(["a"], to: channel)
            try damage(2)
            try await broker.publish(["c"], to: channel)
            try damage(4)
            #expect(try await broker.page(channel).texts == ["a", "c"])
            #expect(try await broker.page(channel, limit: 1).texts == ["a"])
            #expect(try await broker.page(channel, after: positions[0], limit: 1).texts == ["c"])
            let head = Position(epoch: positions[0].epoch, offset: 4)
            #expect(try await broker.page(channel, after: Position(epoch: head.epoch, offset: 3)).texts == [])
            let group = try #require(ConsumerName("workers"))
            var request = GroupRequest(group: group, limit: 10, visibilityMilliseconds: 1_000, attempts: 1)
            let page = try await broker.take(request, on: channel, eventLoop: loop).get()
            #expect(page.deliveries.map(\.entry.event.text) == ["a", "c"])
            let done = GroupSettlement(group: group, verdict: .ack, positions: [page.deliveries[0].entry.position])
            try await broker.settle(done, on: channel, eventLoop: loop).get()
            request.limit = 1
            try await bed.advance(milliseconds: 1_100)
            #expect(try await broker.take(request, on: channel, eventLoop: loop).get().deadLetters == 3)
            let letters = try await broker.deadLetters(of: channel, after: 0, limit: 10, eventLoop: loop).get()
            #expect(letters.map(\.entry.event.text) == ["c"])
            #expect(try await broker.deadLetters(of: channel, after: 0, limit: 1, eventLoop: loop).get().count == 1)
            #expect(try await broker.dropDeadLetter(1, of: channel, eventLoop: loop).get())
        }
    }

    /// Behind small events there may be large ones: no more of them are copied than a few, for the page has no room for them.
    @Test func readsLittleThatDoesNotFit() async throws {
        let server = try await RedisServer.start()
        try await RedisBrokerTestBed(server: server).withRedisBroker { broker in
            let (channel, loop) = (Fixtures.channel(), Fixtures.eventLoop)
            try await broker.publish((0..<8).map { "small \($0)" }, to: channel)
            for _ in 0..<64 {
                let large = Fixtures.event("large").with(body: ByteBuffer(repeating: 0x61, count: 1_000_000))
                try await broker.publish(large, to: channel)
            }
            func memory(_ name: String) throws -> Int {
                let line = try server.command("INFO", "memory").split(whereSeparator: \.isNewline)
                    .first { $0.hasPrefix("\(name):") }
                return try #require(line.flatMap { Int($0.dropFirst(name.count + 1)) })
            }
            guard case .entries(let entries, _) = try await broker.log(channel, after: nil, limit: 100, on: loop).get()
            else {
                Issue.record("there is no page")
                return
            }
            #expect(entries.count == 8)
            #expect(try memory("used_memory_peak") - memory("used_memory") < 32 << 20)
        }
    }

    /// What was trimmed while a member had it, and left it behind, is lost, and is counted.
    @Test func countsWhatWasTrimmedAndLeftBehind() async throws {
        let server = try await RedisServer.start()
        let bed = RedisBrokerTestBed(server: server)
        var settings = BrokerSettings()
        settings.retentionCount = 5
        try await bed.withBroker(settings) { broker in
            let (channel, loop) = (Fixtures.channel(), Fixtures.eventLoop)
            let group = try #require(ConsumerName("workers"))
            let request = GroupRequest(group: group, limit: 10, visibilityMilliseconds: 500, attempts: 5)
            try await broker.publish((1...5).map { "had \($0)" }, to: channel)
            let had = try await broker.take(request, on: channel, eventLoop: loop).get().deliveries
            #expect(had.count == 5)
            try await broker.publish((1...3).map { "new \($0)" }, to: channel)
            let left = GroupSettlement(group: group, verdict: .nack, positions: had.map(\.entry.position))
            try await broker.settle(left, on: channel, eventLoop: loop).get()
            // What is left of them is there at once.
            let next = try await broker.take(request, on: channel, eventLoop: loop).get()
            #expect(next.deliveries.map(\.entry.event.text) == ["had 4", "had 5", "new 1", "new 2", "new 3"])
            let done = GroupSettlement(group: group, verdict: .ack, positions: next.deliveries.map(\.entry.position))
            try await broker.settle(done, on: channel, eventLoop: loop).get()
            try await bed.advance(milliseconds: 600)
            #expect(try await broker.take(request, on: channel, eventLoop: loop).get().lost + next.lost == 3)
            #expect(try await broker.take(request, on: channel, eventLoop: loop).get().lost == 0)
        }
    }

    /// Behind many events that a member leaves for others there is one for it.
    @Test func looksBehindWhatIsLeftForOthers() async throws {
        let server = try await RedisServer.start()
        let bed = RedisBrokerTestBed(server: server)
        var settings = BrokerSettings()
        settings.retentionCount = 10_000
        try await bed.withBroker(settings) { broker in
            let (channel, loop) = (Fixtures.channel(), Fixtures.eventLoop)
            let group = try #require(ConsumerName("workers"))
            var request = GroupRequest(group: group, limit: 2_000, visibilityMilliseconds: 60_000)
            let positions = try await broker.publish((0..<1_002).map { "event \($0)" }, to: channel)
            #expect(try await broker.take(request, on: channel, eventLoop: loop).get().deliveries.count == 1_002)
            let refused = GroupSettlement(group: group, verdict: .nack, positions: Array(positions.dropLast()))
            try await broker.settle(refused, on: channel, eventLoop: loop).get()
            let last = GroupSettlement(group: group, verdict: .release, positions: [positions[1_001]])
            try await broker.settle(last, on: channel, eventLoop: loop).get()
            request.patienceMilliseconds = 600_000
            let page = try await broker.take(request, on: channel, eventLoop: loop).get()
            #expect(page.deliveries.map(\.entry.event.text) == ["event 1001"])
        }
    }

    /// A dead letter has an age of its own, and a number that no other one gets, not even when all are gone.
    @Test func deadLettersAgeOneByOne() async throws {
        let server = try await RedisServer.start()
        try await RedisBrokerTestBed(server: server).withRedisBroker { broker in
            let (channel, loop) = (Fixtures.channel(), Fixtures.eventLoop)
            let dead = ChannelKeys(channel).dead
            let group = try #require(ConsumerName("workers"))
            let request = GroupRequest(group: group, limit: 1, visibilityMilliseconds: 60_000, attempts: 1)
            func giveUp() async throws {
                let positions = try await broker.publish(["a"], to: channel)
                _ = try await broker.take(request, on: channel, eventLoop: loop).get()
                let failed = GroupSettlement(group: group, verdict: .nack, positions: positions)
                try await broker.settle(failed, on: channel, eventLoop: loop).get()
                #expect(try await broker.take(request, on: channel, eventLoop: loop).get().deadLetters == 1)
            }
            func numbers() async throws -> [UInt64] {
                try await broker.deadLetters(of: channel, after: 0, limit: 10, eventLoop: loop).get().map(\.number)
            }
            let epoch = Epoch(rawValue: 1).padded
            let old = ["t", "1000", "g", "workers", "a", "1", "x", epoch, "o", "1", "e", "of 1970"]
            for number in 1...2 { _ = try server.command(["XADD", dead, "\(number)-0"] + old) }
            #expect(try await numbers() == [])
            try await giveUp()
            #expect(try await numbers() == [3])
            #expect(try server.command("XLEN", dead) == "1")
            try server.command("DEL", dead)
            try await giveUp()
            #expect(try await numbers() == [4])
        }
    }

    /// What a group gives up is copied some MiB at a time, with everybody's turn in between.
    @Test func givesUpSomeAtATime() async throws {
        let server = try await RedisServer.start()
        try await RedisBrokerTestBed(server: server).withRedisBroker { broker in
            let (channel, loop) = (Fixtures.channel(), Fixtures.eventLoop)
            let group = try #require(ConsumerName("workers"))
            let request = GroupRequest(group: group, limit: 7, visibilityMilliseconds: 60_000, attempts: 1)
            var taken: [Position] = []
            for _ in 0..<7 {
                let large = Fixtures.event("large").with(body: ByteBuffer(repeating: 0x61, count: 700_000))
                try await broker.publish(large, to: channel)
                let page = try await broker.take(request, on: channel, eventLoop: loop).get()
                taken += page.deliveries.map(\.entry.position)
            }
            #expect(taken.count == 7)
            let failed = GroupSettlement(group: group, verdict: .nack, positions: taken)
            try await broker.settle(failed, on: channel, eventLoop: loop).get()
            try await broker.publish(["small"], to: channel)
            let page = try await broker.take(request, on: channel, eventLoop: loop).get()
            #expect(page.deadLetters == 6 && page.deliveries.isEmpty)
            let rest = try await broker.take(request, on: channel, eventLoop: loop).get()
            #expect(rest.deadLetters == 1 && rest.deliveries.map(\.entry.event.text) == ["small"])
            #expect(try await broker.take(request, on: channel, eventLoop: loop).get().deadLetters == 0)
        }
    }

    /// A group that is new has lost nothing of what was over before it, however many that were; and has the rest at once.
    @Test func newGroupBehindMuchThatIsOver() async throws {
        let server = try await RedisServer.start()
        let bed = RedisBrokerTestBed(server: server)
        var settings = BrokerSettings()
        settings.retentionCount = 100_000
        settings.retentionAgeMilliseconds = 3_000
        try await bed.withBroker(settings) { broker in
            let (channel, loop) = (Fixtures.channel(), Fixtures.eventLoop)
            try await broker.publish((0..<6_000).map { "old \($0)" }, to: channel)
            // What is over stands in the log until somebody looks, 16 times an age; here nobody does.
            _ = try server.command("HSET", ChannelKeys(channel).meta, "next", "9000000000000000")
            try await bed.advance(milliseconds: 3_000)
            try await broker.publish(["new"], to: channel)
            let group = try #require(ConsumerName("workers"))
            let request = GroupRequest(group: group, limit: 10, visibilityMilliseconds: 60_000, attempts: 1)
            let page = try await broker.take(request, on: channel, eventLoop: loop).get()
            #expect(page.lost == 0)
            #expect(page.deliveries.map(\.entry.event.text) == ["new"])
        }
    }

    /// What is over is copied to be passed over: some MiB at a time as well.
    @Test func passesOverSomeAtATime() async throws {
        let server = try await RedisServer.start()
        let bed = RedisBrokerTestBed(server: server)
        try await bed.withRedisBroker { broker in
            let (channel, loop) = (Fixtures.channel(), Fixtures.eventLoop)
            let group = try #require(ConsumerName("workers"))
            let request = GroupRequest(group: group, limit: 10, visibilityMilliseconds: 60_000, attempts: 1)
            let kept = ChannelRetention(ageMilliseconds: 1_500)
            // A group that was there before has lost them.
            try await broker.publish(["small"], to: channel)
            #expect(try await broker.take(request, on: channel, eventLoop: loop).get().deliveries.count == 1)
            for _ in 0..<7 {
                let large = Fixtures.event("large").with(body: ByteBuffer(repeating: 0x61, count: 700_000))
                _ = try await broker.publish(large, to: channel, key: nil, retention: kept, on: loop)
                    .future(on: loop).get()
            }
            try await bed.advance(milliseconds: 1_600)
            let first = try await broker.take(request, on: channel, eventLoop: loop).get()
            #expect(first.lost == 6 && first.deliveries.isEmpty)
            #expect(try await broker.take(request, on: channel, eventLoop: loop).get().lost == 1)
        }
    }
}
