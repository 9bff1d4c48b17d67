// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import BrokerConformance
import Foundation
import GRDB
import NIOCore
import Shared
import Testing

@testable import DiskBroker

/// What a `DiskBroker` finds when it is opened again: everything, or a sentence that says why not.
@Suite(.timeLimit(.minutes(2))) struct ReopeningTests {
    private let bed = DiskTestBed()

    /// How the process before ended.
    enum End: CaseIterable {
        case shutdown
        /// Its files are as they lay there.
        case killed
    }

    /// Runs `first` with a broker, ends it, and runs `second` with one that was opened again.
    private func reopen<Value>(
        _ end: End,
        _ first: (DiskBroker) async throws -> Value,
        _ second: (DiskBroker, Value) async throws -> Void
    ) async throws {
        try await self.bed.withDirectory { directory in
            var reopened = directory
            let value = try await self.bed.withBroker(in: directory) { broker in
                let value = try await first(broker)
                if end == .killed { reopened = try self.bed.copy(directory) }
                return value
            }
            try await self.bed.withBroker(in: reopened) { try await second($0, value) }
        }
    }

    // MARK: What is kept

    /// Events, their positions and duplicate keys are there again, and offsets go on in the same epoch.
    @Test(arguments: End.allCases) func keepsEvents(_ end: End) async throws {
        let channels = [Fixtures.channel(), Fixtures.channel()]
        try await self.reopen(end) { broker in
            try await broker.publish(Fixtures.event("a"), to: channels[0], keyed: "k")
            let positions = try await broker.publish(["b", "c"], to: channels[0])
            return positions + (try await broker.publish(["d"], to: channels[1]))
        } _: { (broker, positions) async throws in
            #expect(try await broker.page(channels[0]).texts == ["a", "b", "c"])
            #expect(try await broker.page(channels[0], after: positions[0]).texts == ["c"])
            #expect(try await broker.page(channels[1]).head == positions[2])
            #expect(try await broker.publish(Fixtures.event("a"), to: channels[0], keyed: "k") == .duplicate)
            let (recorder, subscription) = try await broker.record(channels[0])
            #expect(subscription.start == positions[1])
            let next = try await broker.publish(["e"], to: channels[0])
            #expect(next == [Position(epoch: positions[0].epoch, offset: 4)])
            #expect(await recorder.entries(atLeast: 1).map(\.position) == next)
        }
    }

    /// The position of a channel that had no event stays good.
    @Test(arguments: End.allCases) func keepsEpochsOfEmptyChannels(_ end: End) async throws {
        let channel = Fixtures.channel()
        try await self.reopen(end) { broker in
            try await broker.record(channel).1.start
        } _: { (broker, start) async throws in
            #expect(try await broker.page(channel, after: start).texts == [])
            #expect(try await broker.publish(["a"], to: channel) == [Position(epoch: start.epoch, offset: 1)])
        }
    }

    /// Cursors are where they were, and go on from there.
    @Test(arguments: End.allCases) func keepsCursors(_ end: End) async throws {
        let channel = Fixtures.channel()
        let bot = try #require(ConsumerName("bot"))
        let eventLoop = Fixtures.eventLoop
        try await self.reopen(end) { broker in
            let positions = try await broker.publish(["a", "b", "c"], to: channel)
            try await broker.moveCursor(of: bot, on: channel, to: positions[1], eventLoop: eventLoop).get()
            try await broker.moveCursor(of: .anybody, on: channel, to: positions[0], eventLoop: eventLoop).get()
            return positions
        } _: { (broker, positions) async throws in
            #expect(try await broker.cursor(of: bot, on: channel, eventLoop: eventLoop).get() == positions[1])
            #expect(try await broker.cursor(of: .anybody, on: channel, eventLoop: eventLoop).get() == positions[0])
            try await broker.moveCursor(of: bot, on: channel, to: positions[0], eventLoop: eventLoop).get()
            #expect(try await broker.cursor(of: bot, on: channel, eventLoop: eventLoop).get() == positions[1])
        }
    }

    /// A group goes on behind what its members were given, what they have not settled comes again, with its attempts, and
    /// what was given up is a dead letter still.
    @Test(arguments: End.allCases) func keepsGroupsAndDeadLetters(_ end: End) async throws {
        let channel = Fixtures.channel()
        let group = try #require(ConsumerName("workers"))
        let eventLoop = Fixtures.eventLoop
        let request = GroupRequest(group: group, limit: 2, visibilityMilliseconds: 1_000, attempts: 2)
        try await self.reopen(end) { broker in
            let positions = try await broker.publish(["a", "b", "c", "d", "e"], to: channel)
            _ = try await broker.take(request, on: channel, eventLoop: eventLoop).get()
            self.bed.advance(milliseconds: 1_000)
            _ = try await broker.take(request, on: channel, eventLoop: eventLoop).get()
            let done = GroupSettlement(group: group, verdict: .ack, positions: [positions[1]])
            try await broker.settle(done, on: channel, eventLoop: eventLoop).get()
            self.bed.advance(milliseconds: 1_000)
            // "a" is given up, "c" and "d" are taken.
            let page = try await broker.take(request, on: channel, eventLoop: eventLoop).get()
            #expect(page.deliveries.map(\.entry.event.text) == ["c", "d"] && page.deadLetters == 1)
            let failed = GroupSettlement(group: group, verdict: .nack, positions: [positions[2]])
            try await broker.settle(failed, on: channel, eventLoop: eventLoop).get()
            return positions
        } _: { (broker, positions) async throws in
            let page = try await broker.take(request, on: channel, eventLoop: eventLoop).get()
            #expect(page.deliveries.map(\.entry.event.text) == ["c", "e"])
            #expect(page.deliveries.map(\.attempt) == [2, 1])
            #expect(page.lost == 0)
            let letters = try await broker.deadLetters(of: channel, after: 0, limit: 10, eventLoop: eventLoop).get()
            #expect(letters.map(\.entry.event.text) == ["a"])
            #expect(letters.map(\.entry.position) == [positions[0]])
            #expect(letters.map(\.number) == [1])
            #expect(letters.map(\.attempts) == [2])
            #expect(try await broker.dropDeadLetter(1, of: channel, eventLoop: eventLoop).get())
        }
    }

    /// A token opens what it opened, until it expires.
    @Test(arguments: End.allCases) func keepsTokens(_ end: End) async throws {
        let (token, grant) = (TokenDigest(of: Secret("token")), TokenGrant(secret: Secret("secret")))
        let eventLoop = Fixtures.eventLoop
        try await self.reopen(end) { broker in
            try await broker.remember(grant, for: token, lifetimeMilliseconds: 5_000, on: eventLoop).get()
        } _: { (broker, _) async throws in
            #expect(try await broker.grant(for: token, on: eventLoop).get() == grant)
            self.bed.advance(milliseconds: 5_000)
            #expect(try await broker.grant(for: token, on: eventLoop).get() == nil)
        }
    }

    /// Whatever is cut off the end of what was written ahead, what is left is a beginning of what was published.
    @Test func tornWriteAheadLogIsRepaired() async throws {
        let channel = Fixtures.channel()
        let texts = (0..<50).map(String.init)
        try await self.bed.withDirectory { directory in
            try await self.bed.withBroker(in: directory) { broker in
                try await broker.publish(texts, to: channel)
                let whole = try self.bed.files(in: directory)["hookwire.sqlite-wal"] ?? 0
                try #require(whole > 0)
                var generator = SystemRandomNumberGenerator()
                for _ in 0..<20 {
                    let copy = try self.bed.copy(directory)
                    let handle = try FileHandle(forUpdating: URL(filePath: copy + "/hookwire.sqlite-wal"))
                    let length = UInt64.random(in: 0...UInt64(whole), using: &generator)
                    try handle.truncate(atOffset: length)
                    try handle.close()
                    try await self.bed.withBroker(in: copy) { broker in
                        let kept = try await broker.everything(on: channel)
                        #expect(kept == Array(texts.prefix(kept.count)), "cut at \(length)")
                        let next = try await broker.publish(["next"], to: channel)
                        #expect(next.map(\.offset) == [UInt64(kept.count) + 1])
                    }
                }
            }
        }
    }

    // MARK: What is refused

    /// What opening a directory says.
    private func refusal(of directory: String) throws -> DiskBrokerError {
        try #require(throws: DiskBrokerError.self) { _ = try self.bed.broker(in: directory) }
    }

    /// A file that is no database, or that has a damaged page or lacks its end, is refused by a sentence that names it.
    @Test(arguments: ["garbage", "damaged page", "short"]) func damagedFileIsRefused(_ kind: String) async throws {
        try await self.bed.withDirectory { directory in
            try await self.bed.withBroker(in: directory) { broker in
                _ = try await broker.publish((0..<2_000).map { "event \($0)" }, to: Fixtures.channel())
            }
            let file = directory + "/hookwire.sqlite"
            let handle = try FileHandle(forUpdating: URL(filePath: file))
            let size = try handle.seekToEnd()
            switch kind {
            case "garbage":
                try handle.truncate(atOffset: 0)
                try handle.write(contentsOf: Data((0..<10_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }))
            case "damaged page":
                // One that nothing reads while the log is opened, but the check.
                try handle.seek(toOffset: size / 2 / 4_096 * 4_096)
                try handle.write(contentsOf: Data(repeating: 0xA5, count: 512))
            default:
                try handle.truncate(atOffset: size / 2)
            }
            try handle.close()
            let error = try self.refusal(of: directory)
            guard case .damaged = error else {
                Issue.record("it is called \(error)")
                return
            }
            #expect(error.description.contains(file))
            #expect(error.description.contains("move it"))
            // Nothing was done to it, and a new log begins where it is moved away.
            #expect(try self.refusal(of: directory) == error)
            for name in try self.bed.files(in: directory).keys where name.hasPrefix("hookwire.sqlite") {
                try FileManager.default.removeItem(atPath: directory + "/" + name)
            }
            try await self.bed.withBroker(in: directory) { _ = try await $0.publish(["a"], to: Fixtures.channel()) }
        }
    }

    /// So is one with a value that no node stores, which SQLite's own check lets pass: whoever read it would end.
    @Test(arguments: [
        "UPDATE channel SET last = -1", "UPDATE channel SET last = 'many'", "UPDATE channel SET lastLetter = -9",
        "UPDATE channel SET keptCount = 0", "UPDATE channel SET keptAge = 'long'", "UPDATE channel SET usedAt = 0.5",
        "UPDATE event SET offset = 0 WHERE id = 2", "UPDATE event SET storedAt = 'then' WHERE id = 2",
        "UPDATE event SET storedAt = -9223372036854775808 WHERE id = 2", "UPDATE event SET bytes = 7 WHERE id = 2",
        "UPDATE cursor SET offset = -1", "UPDATE memberGroup SET last = 9223372036854775807",
        "UPDATE unsettled SET attempts = 9223372036854775807", "UPDATE unsettled SET offset = -3",
        "UPDATE deadLetter SET number = -1", "UPDATE deadLetter SET time = 'x'", "UPDATE identity SET seed = 'text'",
        "UPDATE identity SET generation = 'first'", "UPDATE token SET grantText = x'00'",
    ]) func damagedValuesAreRefused(_ damage: String) async throws {
        try await self.bed.withDirectory { directory in
            try await self.bed.withBroker(in: directory) { broker in
                _ = try await broker.publish((0..<3).map { "event \($0)" }, to: Fixtures.channel())
            }
            try await self.change(directory, Self.consumers)
            try await self.bed.withBroker(in: directory) { _ in }
            try await self.change(directory, damage)
            let error = try self.refusal(of: directory)
            guard case .damaged = error else {
                Issue.record("it is called \(error)")
                return
            }
        }
    }

    /// A row of each table that publishing leaves empty.
    private static let consumers = """
        INSERT INTO cursor (channel, consumer, offset) VALUES (1, 'reader', 1);
        INSERT INTO memberGroup (channel, name, last) VALUES (1, 'group', 2);
        INSERT INTO unsettled (memberGroup, offset, takenAt, attempts) VALUES (1, 2, -9223372036854775808, 1);
        INSERT INTO deadLetter (channel, number, memberGroup, attempts, time, offset, bytes)
            VALUES (1, 1, 'group', 3, 1000, 1, x'00');
        INSERT INTO token (digest, grantText, expiry) VALUES (x'00', 'grant', 9000000000000);
        """

    /// Writes into the file of a log that nobody has open.
    private func change(_ directory: String, _ sql: String) async throws {
        let database = try DatabaseQueue(path: directory + "/hookwire.sqlite")
        try await database.write { try $0.execute(sql: sql) }
        try database.close()
    }

    /// A directory that somebody has is refused until they are done with it.
    @Test func heldDirectoryIsRefused() async throws {
        try await self.bed.withDirectory { directory in
            try await self.bed.withBroker(in: directory) { broker in
                #expect(try self.refusal(of: directory) == .held(directory: directory))
                try await broker.publish(["a"], to: Fixtures.channel())
            }
            try await self.bed.withBroker(in: directory) { _ in }
        }
    }

    /// A log of a later version, and a database of somebody else's, are refused and left alone.
    @Test func foreignDatabasesAreRefused() async throws {
        try await self.bed.withDirectory { directory in
            try await self.bed.withBroker(in: directory) { _ in }
            let file = directory + "/hookwire.sqlite"
            try await DatabaseQueue(path: file).write { database in
                try database.execute(sql: "INSERT INTO grdb_migrations (identifier) VALUES ('3')")
            }
            #expect(try self.refusal(of: directory) == .newer(file: file))
            try FileManager.default.removeItem(atPath: file)
            try await DatabaseQueue(path: file).write { try $0.execute(sql: "CREATE TABLE notes (text TEXT)") }
            #expect(try self.refusal(of: directory) == .foreign(file: file))
        }
    }

    /// A path that leads nowhere, or to a file, is refused by name.
    @Test func unusableDirectoryIsRefused() async throws {
        try await self.bed.withDirectory { directory in
            let nowhere = directory + "/a/b"
            guard case .unusable(nowhere, _) = try self.refusal(of: nowhere) else {
                Issue.record("a directory without a parent was used")
                return
            }
            try Data().write(to: URL(filePath: directory))
            guard case .unusable(directory, _) = try self.refusal(of: directory) else {
                Issue.record("a file was used as a directory")
                return
            }
        }
    }

    /// Only the owner can read the directory and what is in it.
    @Test func filesAreTheOwnersAlone() async throws {
        try await self.bed.withDirectory { directory in
            try await self.bed.withBroker(in: directory) { broker in
                try await broker.publish(["a"], to: Fixtures.channel())
                func permissions(_ path: String) throws -> Int? {
                    try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
                }
                #expect(try permissions(directory) == 0o700)
                let names = try self.bed.files(in: directory).keys.sorted()
                #expect(
                    names == [
                        "hookwire.lock", "hookwire.reserve", "hookwire.sqlite", "hookwire.sqlite-shm",
                        "hookwire.sqlite-wal",
                    ]
                )
                for name in names { #expect(try permissions(directory + "/" + name) == 0o600) }
            }
        }
    }

    /// A commit is on the disk before it is acknowledged: nothing less outlives a loss of power.
    @Test func commitsAreSynchronous() async throws {
        try await self.bed.withDirectory { directory in
            try await self.bed.withBroker(in: directory) { (broker) async throws in
                #expect(try await broker.setting("synchronous") == "2")
                #expect(try await broker.setting("journal_mode") == "wal")
            }
        }
    }
}

extension DiskBroker {
    /// What SQLite says of one of its settings.
    fileprivate func setting(_ name: String) async throws -> String? {
        try await self.ask(.read, on: Fixtures.eventLoop) { _, _, database in
            try String.fetchOne(database, sql: "PRAGMA \(name)")
        }.get()
    }
}
