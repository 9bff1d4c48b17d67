// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import BrokerConformance
import Foundation
import GRDB
import NIOCore
import Shared
import Synchronization
import Testing

@testable import DiskBroker

/// What `DiskBroker` promises while it runs: the contract of `Broker`, its bounds, and what it does when the disk is full.
@Suite(.timeLimit(.minutes(2))) struct DiskBrokerTests {
    private let bed = DiskTestBed()

    /// Every rule of the contract holds for the broker on disk.
    @Test(arguments: BrokerRule.all)
    func keeps(_ rule: BrokerRule) async throws {
        try await rule.check(on: self.bed)
    }

    // MARK: Bounds

    /// Much more than the limit passes through; the files stay within it, the oldest events go and the newest are there.
    @Test func filesStayWithinTheLimit() async throws {
        let limit = DiskBrokerConfiguration.leastLimit
        try await self.bed.withDirectory { directory in
            try await self.bed.withBroker(in: directory) {
                $0.limit = limit
            } _: { (broker) async throws in
                let channels = (0..<20).map { _ in Fixtures.channel() }
                var random = SystemRandomNumberGenerator()
                var published: [ChannelID: [String]] = [:]
                var bytes = 0
                var round = 0
                while bytes < 3 * limit {
                    round += 1
                    let label = "\(round)"
                    // A batch that arrives at once, of small events and of large ones.
                    try await withThrowingTaskGroup { group in
                        for number in 0..<32 {
                            let channel = channels[Int.random(in: 0..<20, using: &random)]
                            let text = "\(label)-\(number)"
                            let size = number == 0 ? 200_000 : Int.random(in: 0..<6_000, using: &random)
                            let body = ByteBuffer(string: text + " " + String(repeating: "x", count: size))
                            bytes += size
                            published[channel, default: []].append(text)
                            group.addTask {
                                try await broker.publish(
                                    Fixtures.event(text).with(body: body),
                                    to: channel,
                                    keyed: text
                                )
                            }
                        }
                        try await group.waitForAll()
                    }
                    let size = try self.bed.files(in: directory).values.reduce(0, +)
                    try #require(size <= limit, "after \(bytes) bytes")
                }
                for (channel, texts) in published {
                    let retained = try await broker.everything(on: channel).map { String($0.prefix { $0 != " " }) }
                    #expect(!retained.isEmpty)
                    // Within a round the order is whichever came first.
                    #expect(Set(retained).isSubset(of: Set(texts.suffix(retained.count + 32))))
                }
                #expect(try await published.keys.asyncSum { try await broker.everything(on: $0).count } > 1_000)
            }
        }
    }

    /// Large events drive out no more than they need: most of the room is in use at any time.
    @Test func largeEventsLeaveTheNewest() async throws {
        let limit = 2 * DiskBrokerConfiguration.leastLimit
        try await self.bed.withDirectory { directory in
            try await self.bed.withBroker(in: directory) {
                $0.limit = limit
            } _: { (broker) async throws in
                let channel = Fixtures.channel()
                let body = ByteBuffer(repeating: 0x61, count: 768 << 10)
                for number in 0..<100 {
                    try await broker.publish(Fixtures.event("\(number)").with(body: body), to: channel)
                    try #require(try self.bed.files(in: directory).values.reduce(0, +) <= limit)
                    // Thirty of them fill three quarters of the limit.
                    guard number >= 28 else { continue }
                    let head = try await broker.page(channel, limit: 1).head
                    let known = Position(epoch: head.epoch, offset: head.offset - 28)
                    try #require(try await broker.page(channel, after: known, limit: 1).reason == nil)
                }
            }
        }
    }

    /// Channels whose events have all aged out are forgotten after their time, and what comes later has a new epoch; one
    /// that is fed, or that had none, keeps its epoch.
    @Test func idleChannelsAreForgotten() async throws {
        try await self.bed.withDirectory { directory in
            try await self.bed.withBroker(in: directory) {
                $0.retentionAgeMilliseconds = 1_000
            } _: { (broker) async throws in
                let (idle, fed, new) = (Fixtures.channel(), Fixtures.channel(), Fixtures.channel())
                let before = try await broker.publish(["a"], to: idle)[0]
                let (recorder, subscription) = try await broker.record(fed)
                let fedBefore = try await broker.publish(["a"], to: fed)[0]
                let (_, empty) = try await broker.record(new)
                self.bed.advance(milliseconds: 24 * 60 * 60 * 1_000 / 2)
                try await broker.finishUpkeep()
                #expect(try await broker.page(idle, after: before).texts == [])
                self.bed.advance(milliseconds: 2 * 24 * 60 * 60 * 1_000)
                try await broker.finishUpkeep()
                #expect(try await broker.page(idle, after: before).reason == .epochChanged)
                #expect(try await broker.publish(["b"], to: idle)[0].offset == 1)
                #expect(try await broker.publish(["b"], to: fed) == [Position(epoch: fedBefore.epoch, offset: 2)])
                #expect(try await broker.publish(["b"], to: new) == [Position(epoch: empty.start.epoch, offset: 1)])
                #expect(recorder.interruptions.isEmpty)
                subscription.cancel()
            }
        }
    }

    /// What has aged is removed from the disk though nobody publishes or reads.
    @Test func agedEventsLeaveTheFile() async throws {
        try await self.bed.withDirectory { directory in
            try await self.bed.withBroker(in: directory) {
                $0.retentionAgeMilliseconds = 1_000
            } _: { (broker) async throws in
                let body = ByteBuffer(string: String(repeating: "x", count: 100_000))
                for _ in 0..<100 {
                    try await broker.publish(Fixtures.event("a").with(body: body), to: Fixtures.channel())
                }
                let full = try self.bed.files(in: directory)["hookwire.sqlite"] ?? 0
                self.bed.advance(milliseconds: 1_001)
                for _ in 0..<20 { try await broker.finishUpkeep() }
                await broker.shutdown()
                #expect(try self.bed.files(in: directory)["hookwire.sqlite"] ?? 0 < full / 2)
            }
        }
    }

    /// A limit that was lowered is kept soon: the files get as small as it wants, though half of them is in use.
    @Test func filesShrinkToALowerLimit() async throws {
        try await self.bed.withDirectory { directory in
            let limit = DiskBrokerConfiguration.leastLimit
            func open(_ limit: Int) throws -> DiskBroker {
                try self.bed.broker(in: directory) { configuration in
                    configuration.limit = limit
                    configuration.retentionCount = 100_000
                }
            }
            let large = try open(3 * limit)
            let body = ByteBuffer(repeating: 0x61, count: 500_000)
            for _ in 0..<80 {
                try await large.publish(Fixtures.event("a").with(body: body), to: Fixtures.channel())
            }
            await large.shutdown()
            #expect(try self.bed.files(in: directory).values.reduce(0, +) > 2 * limit)
            let small = try open(limit)
            for _ in 0..<40 {
                try await small.publish(Fixtures.event("a").with(body: body), to: Fixtures.channel())
                try await small.finishUpkeep()
            }
            await small.shutdown()
            #expect(try self.bed.files(in: directory)["hookwire.sqlite"] ?? 0 <= limit / 16 * 13)
        }
    }

    /// An event that needs more than its part of the files is refused, and the next is stored.
    @Test func hugeEventsAreRefused() async throws {
        try await self.bed.withDirectory { directory in
            let limit = DiskBrokerConfiguration.leastLimit
            try await self.bed.withBroker(in: directory) {
                $0.limit = limit
            } _: { (broker) async throws in
                let channel = Fixtures.channel()
                let huge = Fixtures.event("a").with(body: ByteBuffer(repeating: 0x61, count: limit / 16))
                await #expect(throws: BrokerError.eventTooLarge) { try await broker.publish(huge, to: channel) }
                let large = Fixtures.event("a").with(body: ByteBuffer(repeating: 0x61, count: limit / 16 - 200))
                #expect(try await broker.publish(large, to: channel) != .duplicate)
            }
        }
    }

    /// What waits for the disk is bounded: beyond it publications fail at once, and what was taken is stored.
    @Test func pendingPublicationsAreBounded() async throws {
        try await self.bed.withDirectory { directory in
            try await self.bed.withBroker(in: directory) {
                $0.pendingLimit = 100_000
            } _: { (broker) async throws in
                let channel = Fixtures.channel()
                let body = ByteBuffer(repeating: 0x61, count: 5_000)
                let eventLoop = Fixtures.eventLoop
                // More than the disk takes meanwhile.
                let publications = (0..<2_000).map { _ in
                    broker.publish(
                        Fixtures.event("a").with(body: body),
                        to: channel,
                        key: nil,
                        retention: nil,
                        on: eventLoop
                    )
                    .future(on: eventLoop)
                }
                let results = try await EventLoopFuture.whenAllComplete(publications, on: eventLoop).get()
                let stored = results.count { (try? $0.get()) != nil }
                let errors = Set(
                    results.compactMap { result -> BrokerError? in
                        if case .failure(let error) = result { error as? BrokerError } else { nil }
                    }
                )
                #expect(errors == [.overloaded])
                #expect(try await broker.page(channel).head.offset == UInt64(stored))
            }
        }
    }

    // MARK: Commits

    /// What is delivered or acknowledged is committed: whoever reads the file at that moment finds it.
    @Test func deliversWhatIsCommitted() async throws {
        try await self.bed.withDirectory { directory in
            try await self.bed.withBroker(in: directory) { (broker) async throws in
                let witness = try Witness(file: directory + "/hookwire.sqlite")
                let channel = Fixtures.channel()
                _ = try await broker.feed(channel, to: witness, on: Fixtures.eventLoop).get()
                try await withThrowingTaskGroup { group in
                    for publisher in 0..<8 {
                        group.addTask {
                            for number in 0..<20 {
                                try await broker.publish(Fixtures.event("\(publisher)-\(number)"), to: channel)
                            }
                        }
                    }
                    try await group.waitForAll()
                }
                #expect(witness.received == 160)
                #expect(witness.missing == 0)
            }
        }
    }

    /// Who comes back at once finds the cursor where it was left, though the disk was busy all the while.
    @Test func cursorsAreReadBehindWrites() async throws {
        try await self.bed.withDirectory { directory in
            try await self.bed.withBroker(in: directory) { broker in
                let (channel, eventLoop) = (Fixtures.channel(), Fixtures.eventLoop)
                let position = try await broker.publish(["a"], to: channel)[0]
                let gate = DispatchSemaphore(value: 0)
                let busy = broker.ask(.read, on: eventLoop) { _, _, _ in gate.wait() }
                let moved = broker.moveCursor(of: .anybody, on: channel, to: position, eventLoop: eventLoop)
                let cursor = broker.cursor(of: .anybody, on: channel, eventLoop: eventLoop)
                gate.signal()
                #expect(try await cursor.get() == position)
                try await moved.get()
                try await busy.get()
            }
        }
    }

    // MARK: Back-pressure

    /// An acknowledgement waits until the receivers that are behind have caught up, though the event is stored, and other
    /// channels' go on meanwhile.
    @Test func pressureHoldsBackTheAcknowledgement() async throws {
        try await self.bed.withDirectory { directory in
            try await self.bed.withBroker(in: directory) { broker in
                let channel = Fixtures.channel()
                let (slow, _) = try await broker.record(channel)
                let eventLoop = Fixtures.eventLoop
                let slowly = eventLoop.makePromise(of: Void.self)
                slow.setPressure(.behind(slowly.futureResult))
                let isAcknowledged = Mutex(false)
                let acknowledged = broker.publish(
                    Fixtures.event("a"),
                    to: channel,
                    key: nil,
                    retention: nil,
                    on: eventLoop
                )
                .future(on: eventLoop).always { _ in isAcknowledged.withLock { $0 = true } }
                await slow.entries(atLeast: 1)
                #expect(try await broker.page(channel).texts == ["a"])
                try await broker.publish(["b"], to: Fixtures.channel())
                #expect(!isAcknowledged.withLock { $0 })
                slowly.succeed()
                #expect(try await acknowledged.get() != .duplicate)
            }
        }
    }

    // MARK: A full disk

    /// While the disk is full publications fail and the health says why; nothing of them is delivered, read or known, and
    /// once there is room they are stored as if for the first time.
    @Test func fullDiskFailsAndRecovers() async throws {
        try await self.bed.withDirectory { directory in
            try await self.bed.withBroker(in: directory) { broker in
                let channel = Fixtures.channel()
                let (recorder, _) = try await broker.record(channel)
                let positions = try await broker.publish(["a", "b"], to: channel)
                let eventLoop = Fixtures.eventLoop
                try await broker.moveCursor(of: .anybody, on: channel, to: positions[0], eventLoop: eventLoop).get()
                try broker.limitPages(to: 1)
                let large = Fixtures.event("large").with(body: ByteBuffer(repeating: 0x61, count: 200_000))
                await #expect(throws: BrokerError.unavailable) {
                    try await broker.publish(large, to: channel, keyed: "k")
                }
                guard case .unavailable(let sentence) = broker.health else {
                    Issue.record("a full disk is no health")
                    return
                }
                #expect(sentence.contains(directory) && sentence.contains("full"))
                // It fails without another try, also what would have fitted.
                await #expect(throws: BrokerError.unavailable) { try await broker.publish(["c"], to: channel) }
                try await broker.finishUpkeep()
                #expect(broker.health != .ready)
                #expect(try await broker.page(channel, after: positions[0]).texts == ["b"])
                let cursor = broker.cursor(of: .anybody, on: channel, eventLoop: eventLoop)
                #expect(try await cursor.get() == positions[0])
                try broker.limitPages(to: 1_000_000)
                try await broker.finishUpkeep()
                #expect(broker.health == .ready)
                let stored = try await broker.publish(large, to: channel, keyed: "k")
                #expect(stored == .stored(Position(epoch: positions[0].epoch, offset: 3), feeds: 1))
                #expect(recorder.entries.map(\.position.offset) == [1, 2, 3])
            }
        }
    }

    /// What a group gives up goes into the log's room as events do: some at a time, and the oldest events go for it.
    @Test func deadLettersFindRoom() async throws {
        try await self.bed.withDirectory { directory in
            try await self.bed.withBroker(in: directory) { configuration in
                configuration.limit = 16 << 20
            } _: { broker in
                let (channel, other) = (Fixtures.channel(), Fixtures.channel())
                let eventLoop = Fixtures.eventLoop
                let group = try #require(ConsumerName("workers"))
                let request = GroupRequest(group: group, limit: 100, visibilityMilliseconds: 60_000, attempts: 1)
                for _ in 0..<40 {
                    let large = Fixtures.event("large").with(body: ByteBuffer(repeating: 0x61, count: 250_000))
                    try await broker.publish(large, to: channel)
                }
                var (taken, settled): ([Position], Int) = ([], 0)
                while taken.count < 40 {
                    let page = try await broker.take(request, on: channel, eventLoop: eventLoop).get()
                    taken += page.deliveries.map(\.entry.position)
                }
                let failed = GroupSettlement(group: group, verdict: .nack, positions: taken)
                try await broker.settle(failed, on: channel, eventLoop: eventLoop).get()
                while settled < 40 {
                    let page = try await broker.take(request, on: channel, eventLoop: eventLoop).get()
                    try #require(page.deadLetters + Int(page.lost) > 0 && page.deadLetters <= 20)
                    settled += page.deadLetters + Int(page.lost)
                    try await broker.publish(["other"], to: other)
                }
                #expect(broker.health == .ready)
            }
        }
    }

    /// A file that was removed under the running process is noticed, and is no store any more.
    @Test func removedFileIsNoticed() async throws {
        try await self.bed.withDirectory { directory in
            try await self.bed.withBroker(in: directory) { broker in
                try await broker.publish(["a"], to: Fixtures.channel())
                try FileManager.default.removeItem(atPath: directory + "/hookwire.sqlite")
                try await broker.finishUpkeep()
                #expect(broker.health != .ready)
                await #expect(throws: BrokerError.unavailable) {
                    try await broker.publish(["b"], to: Fixtures.channel())
                }
            }
        }
    }

    // MARK: The end

    /// After the shutdown everything fails, and what was on its way is stored or failed.
    @Test func shutdownFailsWhatComesLater() async throws {
        try await self.bed.withDirectory { directory in
            let broker = try self.bed.broker(in: directory)
            let channel = Fixtures.channel()
            let eventLoop = Fixtures.eventLoop
            let publications = (0..<100).map { number in
                broker.publish(Fixtures.event("\(number)"), to: channel, key: nil, retention: nil, on: eventLoop)
                    .future(on: eventLoop)
            }
            await broker.shutdown()
            let stored = try await EventLoopFuture.whenAllComplete(publications, on: eventLoop).get()
                .count { (try? $0.get()) != nil }
            await #expect(throws: BrokerError.closed) { try await broker.publish(["late"], to: channel) }
            await #expect(throws: BrokerError.closed) { try await broker.page(channel) }
            try await self.bed.withBroker(in: directory) { broker async throws in
                #expect(try await broker.page(channel).texts == (0..<stored).map(String.init))
            }
        }
    }
}

/// A receiver that looks for each event in the file, as another process would.
private final class Witness: FeedReceiver {
    private let database: DatabaseQueue
    private let counts = Mutex((received: 0, missing: 0))

    init(file: String) throws {
        self.database = try DatabaseQueue(path: file)
    }

    var received: Int { self.counts.withLock { $0.received } }
    var missing: Int { self.counts.withLock { $0.missing } }

    func receive(_ entry: LogEntry) -> FeedPressure? {
        let offset = Int64(bitPattern: entry.position.offset)
        let found = try? self.database.read { database in
            try Int.fetchOne(database, sql: "SELECT count(*) FROM event WHERE offset = ?", arguments: [offset])
        }
        self.counts.withLock { counts in
            counts.received += 1
            if found != 1 { counts.missing += 1 }
        }
        return nil
    }

    func interrupted(_ reason: UnrecoverableReason, head: Position) {}
}

extension DiskBroker {
    /// Removes what is over, and returns when that is done.
    func finishUpkeep() async throws {
        self.keepUp()
        // Reads come before the upkeep of their own batch, but not before that of an earlier one.
        for _ in 0..<2 { _ = try await self.page(Fixtures.channel()) }
    }

    /// The bodies of all events of a channel.
    func everything(on channel: ChannelID) async throws -> [String] {
        var texts: [String] = []
        var position: Position?
        while true {
            let page = try await self.page(channel, after: position)
            guard let entries = page.entries, let last = entries.last else { return texts }
            texts += entries.map(\.event.text)
            position = last.position
        }
    }
}

extension Sequence {
    fileprivate func asyncSum(_ body: (Element) async throws -> Int) async rethrows -> Int {
        var sum = 0
        for element in self { sum += try await body(element) }
        return sum
    }
}
