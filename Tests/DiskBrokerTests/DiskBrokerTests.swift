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

/// What `DiskBroker` promises while it runs: the contract of `Broker`, what is committed, and its end.
@Suite(.timeLimit(.minutes(2))) struct DiskBrokerTests {
    private let bed = DiskTestBed()

    /// Every rule of the contract holds for the broker on disk.
    @Test(arguments: BrokerRule.all)
    func keeps(_ rule: BrokerRule) async throws {
        try await rule.check(on: self.bed)
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
