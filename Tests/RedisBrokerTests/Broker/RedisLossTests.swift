// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import BrokerConformance
import NIOCore
import RedisServer
import Shared
import Testing

@testable import RedisBroker

/// Redis comes back with less than it had, and somebody knows: every feed is told, what was stored since is delivered,
/// and no position of before is taken for one of after. Where nobody is left who knows, a position of before that the
/// new log has reached again is taken for one of it: nothing in a position tells them apart.
@Suite(.serialized, .timeLimit(.minutes(2))) struct RedisLossTests {
    /// All is flushed while feeds run: the new epoch is announced, and delivery goes on with its first event.
    @Test func aFlushIsAnnounced() async throws {
        try await self.withNodes { server, publisher, feeder in
            let channel = Fixtures.channel()
            let (recorder, _) = try await feeder.record(channel)
            let before = try await publisher.publish(["a", "b"], to: channel)
            await recorder.entries(atLeast: 2)
            try server.command("FLUSHALL")
            let after = try await publisher.publish(["c", "d"], to: channel)
            #expect(after.map(\.offset) == [1, 2])
            #expect(after[0].epoch != before[0].epoch)
            #expect(await recorder.entries(atLeast: 4).map(\.event.text) == ["a", "b", "c", "d"])
            #expect(recorder.entries.map(\.position) == before + after)
            let start = Position(epoch: after[0].epoch, offset: 0)
            #expect(recorder.interruptions == [.init(reason: .epochChanged, head: start, index: 2)])
            #expect(try await publisher.page(channel, after: before[1]).reason == .epochChanged)
        }
    }

    /// All is flushed under load, again and again: whatever is acknowledged is delivered unless a flush took it, and
    /// offsets follow each other within each epoch.
    @Test func flushesUnderLoad() async throws {
        try await self.withNodes { server, publisher, feeder in
            let load = Load(brokers: [publisher], channels: 2, padding: 0)
            var recorders: [ChannelID: Recorder] = [:]
            for channel in load.channels { recorders[channel] = try await feeder.record(channel).0 }
            let sent = try await load.run {
                for _ in 0..<5 {
                    try await Task.sleep(for: .milliseconds(150))
                    try server.command("FLUSHALL")
                }
                try await Task.sleep(for: .milliseconds(150))
            }
            for channel in load.channels {
                let recorder = try #require(recorders[channel])
                let texts = try #require(sent[channel]?.first)
                let last = try #require(texts.last)
                try await until { recorder.entries.last?.event.text == last }
                var expected = Position(epoch: recorder.entries[0].position.epoch, offset: 0)
                var interruptions = recorder.interruptions[...]
                for (index, entry) in recorder.entries.enumerated() {
                    while let next = interruptions.first, next.index == index {
                        #expect(next.reason == .epochChanged)
                        expected = next.head
                        interruptions.removeFirst()
                    }
                    expected.offset += 1
                    #expect(entry.position == expected)
                }
                #expect(recorder.interruptions.count == 5)
                // Delivered in the publisher's order, each at most once.
                let delivered = recorder.entries.map { Int($0.event.text.dropFirst(2)) ?? -1 }
                #expect(zip(delivered, delivered.dropFirst()).allSatisfy { $0 < $1 })
            }
        }
    }

    /// Redis is restarted from a snapshot that is older than what it acknowledged. A feed that was further is told, does
    /// not get again what it had, and gets what is stored from then on.
    @Test func anOldSnapshotIsNoticedByAFeed() async throws {
        try await self.withNodes { server, _, feeder in
            let channel = Fixtures.channel()
            let (recorder, _) = try await feeder.record(channel)
            let old = try await feeder.publish(["a", "b"], to: channel)
            try server.command("SAVE")
            let lost = try await feeder.publish(["lost 1", "lost 2"], to: channel)
            await recorder.entries(atLeast: 4)
            try server.kill()
            try await server.start()
            try await until { feeder.health == .ready }
            try await until { !recorder.interruptions.isEmpty }
            let page = try await feeder.page(channel)
            #expect(page.texts == ["a", "b"])
            #expect(page.head.epoch != old[0].epoch)
            #expect(recorder.interruptions == [.init(reason: .epochChanged, head: page.head, index: 4)])
            let new = try await feeder.publish(["new 1", "new 2", "new 3"], to: channel)
            #expect(new == (3...5).map { Position(epoch: page.head.epoch, offset: $0) })
            #expect(await recorder.entries(atLeast: 7).suffix(3).map(\.position) == new)
            #expect(recorder.entries.suffix(3).map(\.event.text) == ["new 1", "new 2", "new 3"])
            #expect(try await feeder.page(channel, after: lost[1]).reason == .epochChanged)
            #expect(recorder.interruptions.count == 1)
        }
    }

    /// The same where nobody feeds, and the offsets have passed the lost ones again before anybody asks: the publisher
    /// that knows better has them count under a new name.
    @Test func anOldSnapshotIsNoticedByAPublisher() async throws {
        try await self.withNodes { server, publisher, _ in
            let channel = Fixtures.channel()
            try await publisher.publish(["a", "b"], to: channel)
            try server.command("SAVE")
            let lost = try await publisher.publish(["lost 1", "lost 2"], to: channel)
            try server.kill()
            try await server.start()
            try await until { publisher.health == .ready }
            let new = try await publisher.publish(["new 1", "new 2", "new 3"], to: channel)
            #expect(new.map(\.offset) == [3, 4, 5])
            #expect(Set(new.map(\.epoch)).count == 1)
            #expect(new[0].epoch != lost[0].epoch)
            #expect(try await publisher.page(channel, after: lost[1]).reason == .epochChanged)
            #expect(try await publisher.page(channel).texts == ["a", "b", "new 1", "new 2", "new 3"])
        }
    }

    /// The same where another node's events have already taken the lost ones' offsets when the feed comes back: what is
    /// at its position is not what it had.
    @Test func anOldSnapshotIsNoticedThoughItHasGrown() async throws {
        try await self.withNodes { server, publisher, feeder in
            let channel = Fixtures.channel()
            let (recorder, _) = try await feeder.record(channel)
            try await publisher.publish(["a", "b"], to: channel)
            try server.command("SAVE")
            try await publisher.publish(["lost 1", "lost 2"], to: channel)
            await recorder.entries(atLeast: 4)
            try server.kill()
            try await server.start()
            // Redis' own connection to itself is quicker than any node's; this publisher knows nothing of before.
            for text in ["new 1", "new 2", "new 3"] {
                try Self.publish(text, to: channel, on: server)
            }
            #expect(await recorder.entries(atLeast: 7).suffix(3).map(\.event.text) == ["new 1", "new 2", "new 3"])
            #expect(recorder.interruptions.map(\.reason) == [.epochChanged])
            #expect(recorder.interruptions.map(\.index) == [4])
        }
    }

    /// A feed finds an older copy whose clock is behind as well, so that what is new is earlier than what it had: it
    /// begins behind what it may have had, and not behind what is new.
    @Test func anOldSnapshotWithAnEarlierClock() async throws {
        try await self.withNodes { server, publisher, _ in
            // What it had was stored an hour after all there is.
            let later = try (UInt64(server.command("TIME").split(separator: "\n")[0]) ?? 0) * 1_000_000 + 3_600_000_000
            func beginning(after position: Position) throws -> [String] {
                let arguments = [position.epoch.padded, "\(position.offset)", "\(later)", "0", "1", "0", "60000"]
                return try Self.read(channel, arguments, on: server)
            }
            let channel = Fixtures.channel()
            let old = try await publisher.publish(["a", "b"], to: channel)[1]
            let lost = Position(epoch: old.epoch, offset: 5)
            // The publisher knew better.
            for text in (1...5).map({ "new \($0)" }) { try Self.publish(text, to: channel, on: server, knowing: lost) }
            #expect(try beginning(after: lost) == ["epoch_changed", "7", "2"])
            #expect(try beginning(after: Position(epoch: lost.epoch, offset: 1)) == ["epoch_changed", "7", "1"])
            // Of another epoch, only the offset is known.
            #expect(try beginning(after: Position(epoch: .random(), offset: 5)) == ["epoch_changed", "7", "5"])
            // The feed knows better, and another one after it.
            let renamed = try await publisher.page(channel).head.epoch
            #expect(try beginning(after: Position(epoch: renamed, offset: 6)) == ["epoch_changed", "7", "6"])
            #expect(try await publisher.page(channel).head.epoch != renamed)
            try Self.publish("new 6", to: channel, on: server)
            #expect(try beginning(after: Position(epoch: renamed, offset: 9)) == ["epoch_changed", "8", "7"])
        }
    }

    /// The same where nothing but a consumer's cursor, which could not be stored while Redis was away, is of after the
    /// snapshot: it is not stored now either, or the consumer would miss as many events as were lost.
    @Test func anOldSnapshotIsNoticedByACursor() async throws {
        try await self.withNodes { server, publisher, feeder in
            let (channel, loop) = (Fixtures.channel(), Fixtures.eventLoop)
            let consumer = try #require(ConsumerName("a"))
            let old = try await publisher.publish(["a", "b"], to: channel)
            try await feeder.moveCursor(of: consumer, on: channel, to: old[1], eventLoop: loop).get()
            try server.command("SAVE")
            let lost = try await publisher.publish(["lost 1", "lost 2"], to: channel)
            try server.kill()
            try await server.start()
            try await until { feeder.health == .ready }
            try await feeder.moveCursor(of: consumer, on: channel, to: lost[1], eventLoop: loop).get()
            #expect(try await feeder.cursor(of: consumer, on: channel, eventLoop: loop).get() == old[1])
            let page = try await feeder.page(channel, after: lost[1])
            #expect(page.reason == .epochChanged && page.head.offset == 2)
        }
    }

    /// The log is lost and its meta is not, as eviction may do it, or the other way round.
    @Test(arguments: ["log", "meta"])
    func halfALossIsALoss(key: String) async throws {
        try await self.withNodes { server, publisher, feeder in
            let channel = Fixtures.channel()
            let (recorder, _) = try await feeder.record(channel)
            let before = try await publisher.publish(["a", "b"], to: channel)
            await recorder.entries(atLeast: 2)
            try server.command("DEL", "\(ChannelKeys(channel).feed):\(key)")
            let after = try await publisher.publish(["c", "d"], to: channel)
            #expect(after.map(\.offset) == [1, 2])
            #expect(Set(after.map(\.epoch)).count == 1)
            #expect(after[0].epoch != before[0].epoch)
            #expect(try await publisher.page(channel).texts == ["c", "d"])
            #expect(await recorder.entries(atLeast: 4).map(\.position) == before + after)
            #expect(recorder.interruptions.map(\.reason) == [.epochChanged])
        }
    }

    /// A loss is announced also where nobody publishes: the feed looks by itself.
    @Test(arguments: ["log", "meta"])
    func aQuietLossIsAnnounced(key: String) async throws {
        try await self.withNodes { server, publisher, feeder in
            let channel = Fixtures.channel()
            let (recorder, _) = try await feeder.record(channel)
            try await publisher.publish(["a"], to: channel)
            await recorder.entries(atLeast: 1)
            try server.command("DEL", "\(ChannelKeys(channel).feed):\(key)")
            try await until { !recorder.interruptions.isEmpty }
            #expect(recorder.interruptions.map(\.reason) == [.epochChanged])
            let next = try await publisher.publish(["b"], to: channel)
            #expect(await recorder.entries(atLeast: 2).last?.position == next[0])
            #expect(recorder.interruptions.count == 1)
        }
    }

    /// A log whose entries are not where its meta says, whatever did that, is begun anew rather than written over.
    @Test func aLogAheadOfItsMetaIsBegunAnew() async throws {
        try await self.withNodes { server, publisher, _ in
            let channel = Fixtures.channel()
            let before = try await publisher.publish(["a", "b", "c"], to: channel)
            try server.command("HSET", ChannelKeys(channel).meta, "offset", "1")
            let after = try await publisher.publish(["d"], to: channel)
            #expect(after[0].epoch != before[0].epoch)
            #expect(try await publisher.page(channel).texts?.last == "d")
            #expect(try await publisher.page(channel).head == after[0])
        }
    }

    /// An event that was pushed and trimmed before the feed could read it is announced.
    @Test func whatWasTrimmedIsAnnounced() async throws {
        try await self.withNodes { server, publisher, feeder in
            let channel = Fixtures.channel()
            let (recorder, _) = try await feeder.record(channel)
            try await publisher.publish(["a"], to: channel)
            await recorder.entries(atLeast: 1)
            for text in ["b", "c", "d"] { try Self.publish(text, to: channel, on: server, isPushed: false) }
            try server.command("XTRIM", ChannelKeys(channel).log, "MAXLEN", "1")
            let position = try await publisher.publish(["e"], to: channel)[0]
            #expect(await recorder.entries(atLeast: 3).map(\.event.text) == ["a", "d", "e"])
            #expect(recorder.entries.last?.position == position)
            let head = Position(epoch: position.epoch, offset: 3)
            #expect(recorder.interruptions == [.init(reason: .trimmed, head: head, index: 1)])
        }
    }

    /// An event that this version cannot read is announced as lost, and those behind it are delivered.
    @Test func whatCannotBeReadIsAnnounced() async throws {
        try await self.withNodes { server, publisher, feeder in
            let channel = Fixtures.channel()
            let (recorder, _) = try await feeder.record(channel)
            try await publisher.publish(["a"], to: channel)
            try Self.publish(bytes: "not an event", to: channel, on: server)
            let position = try await publisher.publish(["b"], to: channel)[0]
            #expect(await recorder.entries(atLeast: 2).map(\.event.text) == ["a", "b"])
            let head = Position(epoch: position.epoch, offset: 2)
            #expect(recorder.interruptions == [.init(reason: .trimmed, head: head, index: 1)])
        }
    }

    /// A crowd of reads waits for a Redis that hangs, and its connection goes: all of them fail, one after the other.
    @Test func aCrowdOfReadsFails() async throws {
        try await self.withNodes { server, _, feeder in
            server.suspend()
            let eventLoop = Fixtures.eventLoop
            let reads = try await eventLoop.submit {
                (0..<50_000).map { _ in feeder.log(Fixtures.channel(), after: nil, limit: 1, on: eventLoop) }
            }.get()
            try server.kill()
            let results = try await EventLoopFuture.whenAllComplete(reads, on: eventLoop).get()
            #expect(results.allSatisfy { if case .failure = $0 { true } else { false } })
            try await server.start()
        }
    }

    // MARK: Help

    /// What the script `read` says, less what is random: the status, the log's newest offset and the one behind which
    /// events begin.
    private static func read(
        _ channel: ChannelID,
        _ arguments: [String],
        on server: RedisServer
    ) throws -> [String] {
        let keys = ChannelKeys(channel)
        let words = ["EVAL", RedisScript.read.source, "2", keys.log, keys.meta, Epoch.random().padded] + arguments
        let reply = try server.command(words).split(separator: "\n")
        return [0, 2, 4].map { String(reply[$0]) }
    }

    /// A publisher on a connection of the test's own, that knows nothing of the channel but a position.
    private static func publish(
        _ text: String,
        to channel: ChannelID,
        on server: RedisServer,
        knowing position: Position? = nil,
        isPushed: Bool = true
    ) throws {
        let bytes = RedisBrokerTestBed.eventBytes(text)
        try self.publish(bytes: bytes, to: channel, on: server, knowing: position, isPushed: isPushed)
    }

    private static let script = RedisScript.publish(
        PublishSettings(
            retentionCount: 1_000,
            retentionAgeMilliseconds: 3_600_000,
            positionLifetimeMilliseconds: 1_000,
            pushLimit: 65_536
        )
    )

    private static func publish(
        bytes: String,
        to channel: ChannelID,
        on server: RedisServer,
        knowing position: Position? = nil,
        isPushed: Bool = true
    ) throws {
        let keys = ChannelKeys(channel)
        try server.command(
            "EVAL",
            self.script.source,
            "4",
            keys.log,
            keys.meta,
            isPushed ? keys.feed : "nobody",
            keys.unseen,
            bytes,
            Epoch.random().padded,
            position?.epoch.padded ?? "",
            "\(position?.offset ?? 0)",
            "0"
        )
    }

    /// A server with two nodes.
    private func withNodes(_ body: (RedisServer, RedisBroker, RedisBroker) async throws -> Void) async throws {
        let server = try await RedisServer.start()
        let bed = RedisBrokerTestBed(server: server)
        try await bed.withRedisBroker { publisher in
            try await bed.withRedisBroker {
                $0.checkSeconds = 1
            } _: { feeder in
                try await body(server, publisher, feeder)
            }
        }
    }
}
