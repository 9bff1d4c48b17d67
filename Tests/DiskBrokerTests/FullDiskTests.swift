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

/// What `DiskBroker` does when the disk is full, and when its file is gone.
@Suite(.timeLimit(.minutes(2))) struct FullDiskTests {
    private let bed = DiskTestBed()

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
                try await broker.limitPages(to: 1)
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
                try await broker.limitPages(to: 1_000_000)
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
}
