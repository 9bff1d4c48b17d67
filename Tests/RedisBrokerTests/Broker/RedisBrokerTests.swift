// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import BrokerConformance
import NIOCore
import RedisServer
import Shared
import Synchronization
import Testing

@testable import RedisBroker

/// The broker's contract on a real Redis, and what `RedisBroker` does beyond it.
@Suite(.timeLimit(.minutes(3))) struct RedisBrokerTests {
    private static let server = Task { try await RedisServer.start() }

    /// Every rule of the contract holds for the broker on Redis.
    @Test(arguments: BrokerRule.all)
    func keeps(_ rule: BrokerRule) async throws {
        try await rule.check(on: RedisBrokerTestBed(server: try await Self.server.value))
    }

    /// So do the rules of presence, and what nodes that are gone have left is cleared by those that are there.
    @Test func presence() async throws {
        let server = try await RedisServer.start()
        try await RedisBrokerTestBed(server: server).withRedisBroker {
            $0.feeds = false
        } _: { broker in
            let loop = Fixtures.group.any()
            let socket = SocketPresence(speech: .raw, since: 0)
            let now: Int64 = 1_700_000_000_000
            // Redis is told the script with the first report, and what comes meanwhile may overtake it.
            let first = Fixtures.channel()
            let report = PresenceReport(node: "n", time: now, sockets: [socket])
            broker.presence.post(report, of: .random(), on: first, eventLoop: loop)
            try await until {
                try server.command("EXISTS", ChannelKeys(first).present) == "1"
            }
            let faults = try await PresenceRules.check(broker.presence, on: loop)
            #expect(faults == [])
            let channel = Fixtures.channel()
            func post(_ time: Int64) {
                let report = PresenceReport(node: "n", time: time, sockets: [socket])
                broker.presence.post(report, of: .random(), on: channel, eventLoop: loop)
            }
            for _ in 0..<40 { post(now) }
            for _ in 0..<2 { post(now + PresenceReport.lifetime + 1) }
            let later = now + PresenceReport.lifetime + 1
            #expect(try await broker.presence.reports(on: [channel], now: later, eventLoop: loop).get()[0].count == 2)
            #expect(try server.command("HLEN", ChannelKeys(channel).present) == "2")
            #expect((Int(try server.command("PTTL", ChannelKeys(channel).present)) ?? -1) > 0)
        }
    }

    // MARK: Keys

    /// A channel's keys are the design's, and all of them go away by themselves.
    @Test func keysExpire() async throws {
        let server = try await RedisServer.start()
        try await RedisBrokerTestBed(server: server).withRedisBroker {
            $0.feeds = false
        } _: { broker in
            let channel = Fixtures.channel()
            try await broker.publish(Fixtures.event("a"), to: channel, keyed: "k", lifetimeMilliseconds: 60_000)
            _ = try await broker.page(Fixtures.channel())
            let keys = ChannelKeys(channel)
            let names = try server.command("KEYS", "*").split(separator: "\n").map(String.init)
            #expect(names.count == 4)
            #expect(Set(names).isSuperset(of: [keys.log, keys.meta, keys.seen("k")]))
            for name in names {
                let milliseconds = Int(try server.command("PTTL", name)) ?? -1
                #expect(milliseconds > 0, "\(name) stays for ever")
                if name == keys.seen("k") { #expect(milliseconds <= 60_000) }
            }
        }
    }

    /// The probe leaves next to nothing behind.
    @Test func theProbeIsForgotten() async throws {
        let server = try await RedisServer.start()
        try await RedisBrokerTestBed(server: server).withRedisBroker {
            $0.probeInterval = .milliseconds(50)
        } _: { broker in
            try await until("several probes are stored") {
                let metas = try server.command("KEYS", "*:meta").split(separator: "\n").map(String.init)
                return try metas.contains { (Int(try server.command("HGET", $0, "offset")) ?? 0) >= 3 }
            }
            for name in try server.command("KEYS", "*").split(separator: "\n").map(String.init) {
                #expect((1...150_000).contains(Int(try server.command("PTTL", name)) ?? -1))
                if name.hasSuffix(":log") { #expect(try server.command("XLEN", name) == "1") }
            }
            #expect(broker.health == .ready)
        }
    }

    /// Events that have aged out leave the memory as well, and not only what is read.
    @Test func agedEventsLeaveTheMemory() async throws {
        let server = try await Self.server.value
        try await RedisBrokerTestBed(server: server).withRedisBroker {
            $0.retentionAgeMilliseconds = 4_000
        } _: { broker in
            let channel = Fixtures.channel()
            let keys = ChannelKeys(channel)
            // When the newest event was stored, in microseconds by Redis' clock: a machine may take its time between two.
            func storedAt() throws -> Int { try #require(Int(try server.command("HGET", keys.meta, "time"))) }
            try await broker.publish((0..<40).map(String.init), to: channel)
            try await Task.sleep(for: .milliseconds(2_500))
            try await broker.publish(["middle"], to: channel)
            let middle = try storedAt()
            try await Task.sleep(for: .milliseconds(2_500))
            let position = try await broker.publish(["young"], to: channel)[0]
            #expect(position.offset == 42)
            let isMiddleYoung = try storedAt() - middle <= 4_000_000
            #expect(try server.command("XLEN", keys.log) == (isMiddleYoung ? "2" : "1"))
        }
    }

    // MARK: Publishing

    /// A store that is full refuses, stores nothing, and does not take the next attempt for a duplicate.
    @Test func aFullStoreRefuses() async throws {
        let server = try await RedisServer.start(.init(arguments: ["--maxmemory-policy", "noeviction"]))
        try await RedisBrokerTestBed(server: server).withRedisBroker { broker in
            let channel = Fixtures.channel()
            try await broker.publish(["a"], to: channel)
            try server.command("CONFIG", "SET", "maxmemory", "1mb")
            for _ in 0..<2 {
                await #expect(throws: BrokerError.refused) {
                    try await broker.publish(Fixtures.event("b"), to: channel, keyed: "k")
                }
            }
            try await until { broker.health != .ready }
            try server.command("CONFIG", "SET", "maxmemory", "0")
            #expect(try await broker.publish(Fixtures.event("b"), to: channel, keyed: "k") != .duplicate)
            #expect(try await broker.page(channel).texts == ["a", "b"])
            try await until { broker.health == .ready }
        }
    }

    /// A full store removes what exceeds a log's retention, and takes an event in its place that is no larger.
    @Test(arguments: [true, false], [true, false])
    func aFullStoreMakesRoom(isKeyed: Bool, isRetentionOwn: Bool) async throws {
        let server = try await RedisServer.start(.init(arguments: ["--maxmemory-policy", "noeviction"]))
        let bed = RedisBrokerTestBed(server: server)
        try await bed.withRedisBroker { before in
            try await bed.withRedisBroker {
                $0.retentionCount = isRetentionOwn ? 1_000 : 3
            } _: { broker in
                let channel = Fixtures.channel()
                let kept = isRetentionOwn ? ChannelRetention(count: 3) : nil
                try await before.publish((1...9).map { "number \($0)" }, to: channel)
                try server.command("CONFIG", "SET", "maxmemory", "1")
                func publish(_ text: String) async throws -> Publication {
                    let key = isKeyed ? "key of \(text)" : nil
                    return try await broker.publish(Fixtures.event(text), to: channel, keyed: key, keeping: kept)
                }
                for _ in 0..<2 {
                    let large = String(repeating: "x", count: 10_000)
                    await #expect(throws: BrokerError.refused) { _ = try await publish(large) }
                    #expect(try server.command("XLEN", ChannelKeys(channel).log) == "3")
                }
                for text in ["a", "b", "c"] {
                    #expect(try await publish(text) != .duplicate)
                }
                // The oldest one is "a" now.
                await #expect(throws: BrokerError.refused) { _ = try await publish("longer") }
                try server.command("CONFIG", "SET", "maxmemory", "0")
                #expect(try await broker.page(channel).texts == ["a", "b", "c"])
            }
        }
    }

    /// An event that cannot be appended is not known afterwards: the next attempt is no duplicate.
    @Test func whatCannotBeAppendedIsNoDuplicate() async throws {
        let server = try await Self.server.value
        try await RedisBrokerTestBed(server: server).withRedisBroker { broker in
            let channel = Fixtures.channel()
            try server.command("SET", ChannelKeys(channel).log, "no stream")
            try server.command("HSET", ChannelKeys(channel).meta, "epoch", "00000000000000a1", "offset", "3")
            for _ in 0..<2 {
                await #expect(throws: BrokerError.refused) {
                    try await broker.publish(Fixtures.event("a"), to: channel, keyed: "k")
                }
            }
            try server.command("DEL", ChannelKeys(channel).log)
            #expect(try await broker.publish(Fixtures.event("a"), to: channel, keyed: "k") != .duplicate)
            #expect(try await broker.publish(Fixtures.event("a"), to: channel, keyed: "k") == .duplicate)
            #expect(try await broker.page(channel).texts == ["a"])
        }
    }

    /// An event that Redis would not take is refused here, and harms nobody else.
    @Test func aTooLargeEventIsRefused() async throws {
        let bed = RedisBrokerTestBed(server: try await Self.server.value)
        try await bed.withRedisBroker {
            $0.redis.maximumPendingBytes = 1 << 20
        } _: { broker in
            var event = Fixtures.event("large")
            event = event.with(body: ByteBuffer(repeating: 0, count: 1 << 20))
            let large = event
            await #expect(throws: BrokerError.eventTooLarge) {
                try await broker.publish(large, to: Fixtures.channel())
            }
            let small = try await broker.publish(Fixtures.event("small"), to: Fixtures.channel())
            #expect(small != .duplicate)
        }
    }

    /// Without Redis a publication fails at once or within its deadline, and so does a feed; with it all goes on.
    @Test func withoutRedisAllFails() async throws {
        let server = try await RedisServer.start(.init(appendOnly: true))
        let bed = RedisBrokerTestBed(server: server)
        try await bed.withRedisBroker {
            // With Redis a busy machine keeps it, and without it a feed is waited for in vain, for so long.
            $0.feedTimeout = .seconds(4)
        } _: { broker in
            let (channel, other) = (Fixtures.channel(), Fixtures.channel())
            let (recorder, _) = try await broker.record(channel)
            try server.kill()
            try await until { broker.health != .ready }
            await #expect(throws: BrokerError.unavailable) {
                try await broker.publish(Fixtures.event("x"), to: channel)
            }
            await #expect(throws: BrokerError.unavailable) { try await broker.page(channel) }
            await #expect(throws: BrokerError.unavailable) { try await broker.record(other) }
            // A channel that is fed takes another receiver all the same.
            let (late, subscription) = try await broker.record(channel)
            #expect(subscription.start.offset == 0)
            try await server.start()
            try await until { broker.health == .ready }
            try await broker.publish(["a"], to: channel)
            #expect(await recorder.entries(atLeast: 1).map(\.event.text) == ["a"])
            #expect(await late.entries(atLeast: 1).map(\.event.text) == ["a"])
            #expect(recorder.interruptions + late.interruptions == [])
            _ = try await broker.record(other)
        }
    }

    /// After the shutdown all that is asked fails, and who waits is told.
    @Test func afterTheShutdownAllFails() async throws {
        let bed = RedisBrokerTestBed(server: try await Self.server.value)
        let channel = Fixtures.channel()
        let broker = try bed.broker()
        broker.start()
        let (recorder, subscription) = try await broker.record(channel)
        await broker.shutdown()
        subscription.cancel()
        #expect(broker.health != .ready)
        await #expect(throws: BrokerError.closed) { try await broker.publish(Fixtures.event("x"), to: channel) }
        await #expect(throws: BrokerError.closed) { try await broker.page(channel) }
        await #expect(throws: BrokerError.closed) { try await broker.record(channel) }
        #expect(recorder.entries.isEmpty)
    }

    // MARK: Feeds

    /// A channel is subscribed once for all its receivers, and not any more when the last has gone.
    @Test func receiversShareASubscription() async throws {
        let server = try await RedisServer.start()
        try await RedisBrokerTestBed(server: server).withRedisBroker { broker in
            let channel = Fixtures.channel()
            let name = ChannelKeys(channel).feed
            func subscribers() throws -> String { try server.command("PUBSUB", "NUMSUB", name) }
            let feeds = [try await broker.record(channel), try await broker.record(channel)]
            #expect(try subscribers() == "\(name)\n1")
            feeds[0].1.cancel()
            try await broker.publish(["a"], to: channel)
            await feeds[1].0.entries(atLeast: 1)
            #expect(try subscribers() == "\(name)\n1")
            feeds[1].1.cancel()
            try await until { try subscribers() == "\(name)\n0" }
        }
    }

    /// Feeds come and go by the hundred while events are published: each is complete from its start to its end.
    @Test func feedsComeAndGo() async throws {
        try await RedisBrokerTestBed(server: try await Self.server.value).withRedisBroker { broker in
            let load = Load(brokers: [broker], channels: 2, padding: 0)
            _ = try await load.run {
                try await withThrowingTaskGroup { group in
                    for number in 0..<100 {
                        let channel = load.channels[number % 2]
                        group.addTask {
                            let (recorder, subscription) = try await broker.record(channel)
                            await recorder.entries(atLeast: number % 4)
                            subscription.cancel()
                            let start = subscription.start.offset
                            let offsets = recorder.entries.map(\.position.offset)
                            #expect(offsets == offsets.indices.map { start + 1 + UInt64($0) })
                            #expect(recorder.interruptions == [])
                        }
                    }
                    try await group.waitForAll()
                }
            }
        }
    }

    /// A thousand feeds are all on again after their connection was cut, with what was published meanwhile.
    @Test func manyFeedsComeBack() async throws {
        let server = try await RedisServer.start()
        try await RedisBrokerTestBed(server: server).withRedisBroker { broker in
            var feeds: [(ChannelID, Recorder)] = []
            for _ in 0..<1_000 {
                let channel = Fixtures.channel()
                feeds.append((channel, try await broker.record(channel).0))
            }
            try server.command("CLIENT", "KILL", "TYPE", "pubsub")
            for (channel, _) in feeds { try await broker.publish(["a"], to: channel) }
            for (_, recorder) in feeds {
                #expect(await recorder.entries(atLeast: 1).map(\.event.text) == ["a"])
            }
            for (channel, _) in feeds { try await broker.publish(["b"], to: channel) }
            for (_, recorder) in feeds {
                #expect(await recorder.entries(atLeast: 2).map(\.event.text) == ["a", "b"])
                #expect(recorder.interruptions == [])
            }
        }
    }

    /// Large events are not pushed, and come in their place between the small ones.
    @Test func largeEventsAreReadFromTheLog() async throws {
        let bed = RedisBrokerTestBed(server: try await Self.server.value)
        try await bed.withRedisBroker {
            $0.pushLimit = 1_000
        } _: { broker in
            let channel = Fixtures.channel()
            let (recorder, _) = try await broker.record(channel)
            for number in 0..<60 {
                let isLarge = number.isMultiple(of: 3)
                let event = Fixtures.event("\(number)", query: isLarge ? String(repeating: "q", count: 300_000) : "")
                try await broker.publish(event, to: channel)
            }
            #expect(await recorder.entries(atLeast: 60).map(\.event.text) == (0..<60).map(String.init))
            #expect(recorder.entries.map(\.event.query.utf8.count) == (0..<60).map { $0 % 3 == 0 ? 300_000 : 0 })
        }
    }

    /// A receiver that is behind for longer than the feed's memory gets the rest from the log.
    @Test func aReceiverThatIsFarBehindGetsAll() async throws {
        let bed = RedisBrokerTestBed(server: try await Self.server.value)
        try await bed.withRedisBroker {
            $0.retentionCount = 5_000
        } _: { broker in
            let channel = Fixtures.channel()
            let (recorder, _) = try await broker.record(channel)
            let caughtUp = Fixtures.eventLoop.makePromise(of: Void.self)
            recorder.setPressure(.behind(caughtUp.futureResult))
            try await withThrowingTaskGroup { group in
                for publisher in 0..<4 {
                    group.addTask {
                        try await broker.publish((0..<500).map { "\(publisher)-\($0)" }, to: channel)
                    }
                }
                try await group.waitForAll()
            }
            #expect(recorder.entries.count < 1_000)
            recorder.setPressure(nil)
            caughtUp.succeed()
            #expect(await recorder.entries(atLeast: 2_000).map(\.position.offset) == Array(1...2_000))
            #expect(recorder.interruptions == [])
        }
    }

    /// A last message that was lost, so that no gap shows it, is found by the check.
    @Test func aLostLastMessageIsFound() async throws {
        let server = try await Self.server.value
        let bed = RedisBrokerTestBed(server: server)
        try await bed.withRedisBroker {
            $0.checkSeconds = 1
        } _: { broker in
            let channel = Fixtures.channel()
            let (recorder, _) = try await broker.record(channel)
            let position = try await broker.publish(["a"], to: channel)[0]
            await recorder.entries(atLeast: 1)
            // As if a push went to nobody.
            let keys = ChannelKeys(channel)
            let event = RedisBrokerTestBed.eventBytes("b")
            try server.command("XADD", keys.log, "2-0", "t", "\(UInt64.max >> 12)", "e", event)
            try server.command("HSET", keys.meta, "offset", "2", "time", "\(UInt64.max >> 12)")
            #expect(await recorder.entries(atLeast: 2).map(\.event.text) == ["a", "b"])
            #expect(recorder.entries[1].position == Position(epoch: position.epoch, offset: 2))
            #expect(recorder.interruptions == [])
        }
    }

    // MARK: Health

    /// A subscription that stands and brings nothing is found by the probe, and made anew.
    @Test func deafnessIsFound() async throws {
        let server = try await Self.server.value
        let proxy = try await DeafProxy.start(to: server.port)
        let bed = RedisBrokerTestBed(server: server)
        let broker = try bed.broker {
            $0.redis = try RedisConfiguration(url: RedisURL("redis://127.0.0.1:\(proxy.port)"))
            $0.probeInterval = .milliseconds(300)
            $0.probeTimeout = .milliseconds(700)
            $0.checkSeconds = 1_000
        }
        broker.start()
        try await until { broker.health == .ready }
        let channel = Fixtures.channel()
        let (recorder, _) = try await broker.record(channel)
        try await broker.publish(["a"], to: channel)
        await recorder.entries(atLeast: 1)
        proxy.deafen()
        try await broker.publish(["b"], to: channel)
        // Found by the probe alone: nothing else looks within this test's time.
        #expect(await recorder.entries(atLeast: 2).map(\.event.text) == ["a", "b"])
        try await until { broker.health == .ready }
        #expect(recorder.interruptions == [])
        await broker.shutdown()
        try await proxy.stop()
    }

    /// A node that feeds nobody is ready without a subscription.
    @Test func aNodeWithoutFeedsNeedsNoSubscription() async throws {
        let server = try await RedisServer.start()
        try await RedisBrokerTestBed(server: server).withRedisBroker {
            $0.feeds = false
        } _: { broker in
            #expect(try server.command("PUBSUB", "CHANNELS") == "")
            try await broker.publish(["a"], to: Fixtures.channel())
        }
    }
}
