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

/// The room that `DiskBroker` takes on the disk and in memory: what goes when it is full, and what is refused.
@Suite(.timeLimit(.minutes(2))) struct DiskBoundsTests {
    private let bed = DiskTestBed()

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
}

extension Sequence {
    fileprivate func asyncSum(_ body: (Element) async throws -> Int) async rethrows -> Int {
        var sum = 0
        for element in self { sum += try await body(element) }
        return sum
    }
}
