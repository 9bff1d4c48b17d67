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

/// What `DiskBroker` does when the disk is full or does not answer, and when its file is gone.
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

    /// While the disk does not answer the health says so, and what waits for it fails; when it answers, all goes on.
    @Test func hungDiskFailsWhatWaits() async throws {
        try await self.bed.withDirectory { directory in
            try await self.bed.withBroker(in: directory) { broker in
                let (channel, eventLoop) = (Fixtures.channel(), Fixtures.eventLoop)
                let gate = DispatchSemaphore(value: 0)
                let began = eventLoop.makePromise(of: Void.self)
                let busy = broker.ask(.read, on: eventLoop) { _, _, _ in
                    began.succeed()
                    gate.wait()
                }
                try await began.futureResult.get()
                let waiting = broker.publish(
                    Fixtures.event("a"),
                    to: channel,
                    key: nil,
                    retention: nil,
                    on: eventLoop
                )
                .future(on: eventLoop)
                broker.keepUp()
                #expect(broker.health == .ready)
                broker.keepUp(at: .now() + .minutes(1))
                guard case .unavailable(let sentence) = broker.health else {
                    gate.signal()
                    Issue.record("a disk that hangs is no health")
                    return
                }
                #expect(sentence.contains(directory) && sentence.contains("does not answer"))
                await #expect(throws: BrokerError.unavailable) { try await waiting.get() }
                gate.signal()
                try await busy.get()
                try await broker.finishUpkeep()
                #expect(broker.health == .ready)
                try await broker.publish(["b"], to: channel)
                #expect(try await broker.page(channel).texts == ["b"])
            }
        }
    }

    /// A disk that does one thing after the other does not hang, however much was asked of it together.
    @Test func busyDiskDoesNotHang() async throws {
        try await self.bed.withDirectory { directory in
            try await self.bed.withBroker(in: directory) { broker in
                let eventLoop = Fixtures.eventLoop
                let gate = DispatchSemaphore(value: 0)
                let (began, went) = (eventLoop.makePromise(of: Void.self), eventLoop.makePromise(of: Void.self))
                let first = broker.ask(.read, on: eventLoop) { _, _, _ in
                    began.succeed()
                    gate.wait()
                }
                try await began.futureResult.get()
                // Together, for they wait for the first.
                let second = broker.ask(.read, on: eventLoop) { _, _, _ in NIODeadline.now() }
                let third = broker.ask(.read, on: eventLoop) { _, _, _ in
                    went.succeed()
                    gate.wait()
                }
                gate.signal()
                let time = try await second.get()
                try await went.futureResult.get()
                broker.keepUp(at: time + .seconds(10))
                #expect(broker.health == .ready)
                gate.signal()
                try await first.get()
                try await third.get()
            }
        }
    }

    /// A disk that hangs does not keep the process from its end; what waits for it fails.
    @Test func shutdownDoesNotWaitForever() async throws {
        try await self.bed.withDirectory { directory in
            let broker = try self.bed.broker(in: directory)
            let eventLoop = Fixtures.eventLoop
            let gate = DispatchSemaphore(value: 0)
            let began = eventLoop.makePromise(of: Void.self)
            let busy = broker.ask(.read, on: eventLoop) { _, _, _ in
                began.succeed()
                gate.wait()
            }
            try await began.futureResult.get()
            let waiting = broker.log(Fixtures.channel(), after: nil, limit: 1, on: eventLoop)
            #expect(await broker.shutdown(within: .milliseconds(1)) == false)
            await #expect(throws: BrokerError.unavailable) { try await waiting.get() }
            gate.signal()
            try await busy.get()
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

    /// A file that was removed under the running process is noticed, and is no store any more, though it is put back: the
    /// health says that the node has to be started anew.
    @Test func removedFileIsNoticed() async throws {
        try await self.bed.withDirectory { directory in
            try await self.bed.withBroker(in: directory) { broker in
                try await broker.publish(["a"], to: Fixtures.channel())
                let file = directory + "/hookwire.sqlite"
                try FileManager.default.moveItem(atPath: file, toPath: directory + "/away")
                try await broker.finishUpkeep()
                #expect(broker.health != .ready)
                try FileManager.default.moveItem(atPath: directory + "/away", toPath: file)
                try await broker.finishUpkeep()
                guard case .unavailable(let sentence) = broker.health else {
                    Issue.record("a file that was put back is a store again")
                    return
                }
                #expect(sentence.hasSuffix("put it back and start the node anew."))
                await #expect(throws: BrokerError.unavailable) {
                    try await broker.publish(["b"], to: Fixtures.channel())
                }
            }
        }
    }
}
