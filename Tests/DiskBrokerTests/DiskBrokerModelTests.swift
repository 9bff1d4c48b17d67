// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import BrokerConformance
import DiskBroker
import NIOCore
import SeededRandom
import Shared
import Testing

/// `DiskBroker` against the broker in memory, which is small enough to be its model: whatever is asked of both, and
/// however often the one on disk is opened again, both say the same.
@Suite(.timeLimit(.minutes(2))) struct DiskBrokerModelTests {
    private let bed = DiskTestBed()
    private let eventLoop = Fixtures.eventLoop

    /// Both brokers, and the names of their logs.
    private struct Pair {
        var disk: DiskBroker
        let model: MemoryBroker
        var epochs: [ChannelID: (disk: Epoch, model: Epoch)] = [:]
    }

    /// Six rounds of 300 questions agree in every answer.
    @Test func agrees() async throws {
        var random = SeededRandom(for: "DiskBrokerModelTests")
        for _ in 0..<6 { try await self.round(&random) }
    }

    private func round(_ random: inout SeededRandom) async throws {
        let clock = self.bed.clock
        var memory = MemoryBrokerConfiguration()
        memory.retentionCount = 12
        memory.retentionAgeMilliseconds = 5_000
        let model = MemoryBroker(configuration: memory) { clock.now }
        let channels = (0..<3).map { _ in Fixtures.channel() }
        // The broker in memory keeps a channel that has a feed, whatever becomes of its events.
        for channel in channels { _ = try await model.record(channel) }
        try await self.bed.withDirectory { directory in
            func open() throws -> DiskBroker {
                try self.bed.broker(in: directory) { configuration in
                    configuration.retentionCount = memory.retentionCount
                    configuration.retentionAgeMilliseconds = memory.retentionAgeMilliseconds
                }
            }
            var pair = Pair(disk: try open(), model: model)
            for channel in channels {
                let epochs = (try await pair.disk.page(channel).head.epoch, try await model.page(channel).head.epoch)
                pair.epochs[channel] = epochs
            }
            for step in 0..<300 {
                if random.next() % 40 == 0 {
                    await pair.disk.shutdown()
                    pair.disk = try open()
                }
                if random.next() % 6 == 0 {
                    self.bed.advance(milliseconds: Int64.random(in: 0...2_500, using: &random))
                }
                let channel = channels[Int.random(in: 0..<3, using: &random)]
                let (disk, model) = try await self.ask(pair, channel, &random)
                try #require(disk == model, "seed \(random.seed), step \(step)")
            }
            await pair.disk.shutdown()
        }
    }

    /// Asks both the same, and returns what they said.
    private func ask(_ pair: Pair, _ channel: ChannelID, _ random: inout SeededRandom) async throws -> (String, String)
    {
        let kind = random.next() % 8
        let offset = UInt64.random(in: 0...40, using: &random)
        let number = Int.random(in: 0..<1_000, using: &random)
        let group = try #require(ConsumerName(["g", "h"][number % 2]))
        let eventLoop = self.eventLoop
        guard let epochs = pair.epochs[channel] else { return ("", "no epoch") }
        // What has aged goes from memory when somebody publishes, and from the disk whenever something is written.
        _ = try await pair.model.publish(Fixtures.event("a"), to: Fixtures.channel())

        func ask(_ broker: any Broker, _ epoch: Epoch) async throws -> String {
            let position = Position(epoch: epoch, offset: offset)
            switch kind {
            case 0, 1, 2:
                let publication = try await broker.publish(
                    Fixtures.event("\(number)"),
                    to: channel,
                    keyed: number % 3 == 0 ? "\(number % 30)" : nil,
                    lifetimeMilliseconds: 3_000
                )
                guard case .stored(let position, _) = publication else { return "duplicate" }
                return "stored \(position.offset) \(position.epoch == epoch)"
            case 3:
                let page = try await broker.page(
                    channel,
                    after: number % 5 == 0 ? nil : position,
                    limit: 1 + number % 20
                )
                return
                    "\(page.reason.map { "\($0)" } ?? "\(page.lines)") \(page.head.offset) \(page.head.epoch == epoch)"
            case 4:
                try await broker.moveCursor(of: group, on: channel, to: position, eventLoop: eventLoop).get()
                return "\(try await broker.cursor(of: group, on: channel, eventLoop: eventLoop).get()?.offset ?? 0)"
            case 5, 6:
                let request = GroupRequest(
                    group: group,
                    limit: 1 + number % 5,
                    visibilityMilliseconds: 1_000,
                    attempts: 2,
                    patienceMilliseconds: number % 7 == 0 ? 500 : 0,
                    start: number % 4 == 0 ? position : nil
                )
                let page = try await broker.take(request, on: channel, eventLoop: eventLoop).get()
                let taken = page.deliveries.map { "\($0.entry.position.offset) \($0.entry.event.text) \($0.attempt)" }
                if number % 3 > 0, let first = page.deliveries.first {
                    let settlement = GroupSettlement(
                        group: group,
                        verdict: number % 3 == 1 ? .ack : number % 2 == 0 ? .nack : .release,
                        positions: [first.entry.position]
                    )
                    try await broker.settle(settlement, on: channel, eventLoop: eventLoop).get()
                }
                return "\(taken) \(page.deadLetters) \(page.lost)"
            default:
                let letters = try await broker.deadLetters(of: channel, after: 0, limit: 50, eventLoop: eventLoop).get()
                if let first = letters.first, number % 4 == 0 {
                    _ = try await broker.dropDeadLetter(first.number, of: channel, eventLoop: eventLoop).get()
                }
                return "\(letters.map { "\($0.number) \($0.group) \($0.attempts) \($0.entry.position.offset)" })"
            }
        }
        return (try await ask(pair.disk, epochs.disk), try await ask(pair.model, epochs.model))
    }
}

extension LogPage {
    fileprivate var lines: [String] { (self.entries ?? []).map { "\($0.position.offset) \($0.event.text)" } }
}
