// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import BrokerConformance
import NIOCore
import SeededRandom
import Shared
import Testing

/// `MemoryBroker` against a model that is too simple to be wrong, over a long random history.
@Suite(.timeLimit(.minutes(1))) struct MemoryBrokerModelTests {
    private static let retentionCount = 5
    private static let retentionAge: Int64 = 400

    /// Publications, feeds and reads answer as the model does, whatever happened before.
    @Test func followsTheModel() async throws {
        var random = SeededRandom(for: "MemoryBrokerModelTests.followsTheModel")
        let bed = MemoryTestBed()
        let broker = bed.broker {
            $0.retentionCount = Self.retentionCount
            $0.retentionAgeMilliseconds = Self.retentionAge
        }
        let channels = (0..<4).map { _ in Fixtures.channel() }
        var model = Model()
        var feeds: [Feed] = []
        for step in 0..<20_000 {
            let number = Int.random(in: 0..<channels.count, using: &random)
            let channel = channels[number]
            switch Int.random(in: 0..<100, using: &random) {
            case 0..<50:
                let key = Bool.random(using: &random) ? "key \(Int.random(in: 0..<8, using: &random))" : nil
                let lifetime = Int64.random(in: 1...200, using: &random)
                let event = Fixtures.event("\(step)")
                let publication = try await broker.publish(
                    event,
                    to: channel,
                    keyed: key,
                    lifetimeMilliseconds: lifetime
                )
                let expected = model.publish(event.text, to: number, key: key, lifetime: lifetime, now: bed.clock.now)
                guard let expected else {
                    try #require(publication == .duplicate)
                    continue
                }
                guard case .stored(let position, feeds: _) = publication else {
                    Issue.record("step \(step): a new event was called a duplicate")
                    return
                }
                try #require(position.offset == expected)
                let agrees = model.agrees(position.epoch, on: number)
                try #require(agrees)
                for index in feeds.indices where feeds[index].channel == number {
                    feeds[index].expected.append(event.text)
                }
            case 50..<85:
                let position = Self.position(in: number, of: model, using: &random)
                let limit = Int.random(in: 1...(Self.retentionCount + 1), using: &random)
                let page = try await broker.page(channel, after: position, limit: limit)
                let expected = model.page(number, after: position, limit: limit, now: bed.clock.now)
                try #require(page.texts == expected.texts, "step \(step)")
                try #require(page.reason == expected.reason, "step \(step)")
                try #require(page.head.offset == expected.head, "step \(step)")
            case 85..<90 where feeds.count < 12:
                let (recorder, subscription) = try await broker.record(channel)
                model.addFeed(to: number)
                try #require(subscription.start.offset == model.head(of: number))
                let agrees = model.agrees(subscription.start.epoch, on: number)
                try #require(agrees)
                feeds.append(Feed(channel: number, recorder: recorder, subscription: subscription))
            case 85..<95 where !feeds.isEmpty:
                let feed = feeds.remove(at: Int.random(in: feeds.indices, using: &random))
                feed.subscription.cancel()
                model.removeFeed(from: feed.channel)
                try #require(feed.recorder.entries.map(\.event.text) == feed.expected)
            default:
                bed.advance(milliseconds: Int64.random(in: 1...150, using: &random))
            }
        }
        for feed in feeds {
            #expect(feed.recorder.entries.map(\.event.text) == feed.expected)
            #expect(feed.recorder.interruptions == [])
        }
    }

    /// A position that is good, bad or none at all, each often.
    private static func position(in channel: Int, of model: Model, using random: inout SeededRandom) -> Position? {
        let epoch = model.epoch(of: channel) ?? .random()
        switch Int.random(in: 0..<8, using: &random) {
        case 0: return nil
        case 1: return Position(epoch: .random(), offset: 1)
        default:
            let back = UInt64.random(in: 0...8, using: &random)
            let head = model.head(of: channel) + 1
            return Position(epoch: epoch, offset: head > back ? head - back : 0)
        }
    }

    private struct Feed {
        var channel: Int
        var recorder: Recorder
        var subscription: any FeedSubscription
        var expected: [String] = []
    }

    /// The contract in arrays: nothing is shared, nothing is queued, everything is looked at each time.
    private struct Model {
        private struct Stored {
            var offset: UInt64
            var text: String
            var time: Int64
        }

        private struct Channel {
            var epoch: Epoch?
            var head: UInt64 = 0
            var stored: [Stored] = []
            var feeds = 0
        }

        private struct Key: Hashable {
            var channel: Int
            var text: String
        }

        private var channels: [Int: Channel] = [:]
        private var keys: [Key: Int64] = [:]

        func epoch(of channel: Int) -> Epoch? { self.channels[channel]?.epoch }

        func head(of channel: Int) -> UInt64 { self.channels[channel]?.head ?? 0 }

        /// Whether the channel has this epoch; the first that is seen of a log is the one it must keep.
        mutating func agrees(_ epoch: Epoch, on channel: Int) -> Bool {
            if let known = self.channels[channel]?.epoch { return known == epoch }
            self.channels[channel]?.epoch = epoch
            return true
        }

        mutating func publish(_ text: String, to number: Int, key: String?, lifetime: Int64, now: Int64) -> UInt64? {
            for number in self.channels.keys {
                self.channels[number]?.stored.removeAll { $0.time < now - MemoryBrokerModelTests.retentionAge }
            }
            if let key {
                let key = Key(channel: number, text: key)
                if let end = self.keys[key], end > now { return nil }
                self.keys[key] = now + lifetime
            }
            var channel = self.channels[number, default: Channel()]
            channel.head += 1
            channel.stored.append(Stored(offset: channel.head, text: text, time: now))
            channel.stored = channel.stored.suffix(MemoryBrokerModelTests.retentionCount)
            self.channels[number] = channel
            return channel.head
        }

        mutating func addFeed(to channel: Int) {
            self.channels[channel, default: Channel()].feeds += 1
        }

        mutating func removeFeed(from channel: Int) {
            self.channels[channel]?.feeds -= 1
        }

        func page(
            _ number: Int,
            after position: Position?,
            limit: Int,
            now: Int64
        ) -> (texts: [String]?, reason: UnrecoverableReason?, head: UInt64) {
            guard let channel = self.channels[number] else {
                return position == nil ? ([], nil, 0) : (nil, .epochChanged, 0)
            }
            let retained = channel.stored.filter { $0.time >= now - MemoryBrokerModelTests.retentionAge }
            guard let position else { return (retained.prefix(limit).map(\.text), nil, channel.head) }
            if position.epoch != channel.epoch { return (nil, .epochChanged, channel.head) }
            if position.offset > channel.head { return (nil, .ahead, channel.head) }
            let wanted = retained.filter { $0.offset > position.offset }
            if wanted.count < channel.head - position.offset { return (nil, .trimmed, channel.head) }
            return (wanted.prefix(limit).map(\.text), nil, channel.head)
        }
    }
}
