// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared
internal import Testing

extension BrokerRule {
    /// What a feed promises.
    static let feeding: [BrokerRule] = [
        BrokerRule("a feed begins behind the log's head") { bed in
            try await bed.withBroker { broker in
                let channel = Fixtures.channel()
                let before = try await broker.publish(["a", "b"], to: channel)
                let (recorder, subscription) = try await broker.record(channel)
                #expect(subscription.start == before[1])
                let after = try await broker.publish(["c", "d"], to: channel)
                let entries = await recorder.entries(atLeast: 2)
                #expect(entries.map(\.event.text) == ["c", "d"])
                #expect(entries.map(\.position) == after)
                #expect(recorder.interruptions == [])
            }
        },
        BrokerRule("a feed of a channel without events begins at offset 0 of the epoch to come") { bed in
            try await bed.withBroker { broker in
                let channel = Fixtures.channel()
                let (recorder, subscription) = try await broker.record(channel)
                #expect(subscription.start.offset == 0)
                let positions = try await broker.publish(["a"], to: channel)
                #expect(positions == [Position(epoch: subscription.start.epoch, offset: 1)])
                #expect(await recorder.entries(atLeast: 1).map(\.position) == positions)
                #expect(recorder.interruptions == [])
            }
        },
        BrokerRule("feeds deliver in the order of the offsets, without a gap, whoever publishes") { bed in
            try await bed.withBroker { broker in
                let channel = Fixtures.channel()
                let (first, _) = try await broker.record(channel)
                let (second, _) = try await broker.record(channel)
                let positions = try await Self.publish(200, from: 4, to: channel, of: broker)
                let entries = await first.entries(atLeast: 800)
                #expect(entries.map(\.position.offset) == Array(1...800))
                #expect(await second.entries(atLeast: 800).map(\.event.text) == entries.map(\.event.text))
                #expect(second.entries.map(\.position) == entries.map(\.position))
                // The acknowledgement, the feed and the log agree on who is where.
                #expect(Dictionary(uniqueKeysWithValues: entries.map { ($0.event.text, $0.position) }) == positions)
                #expect(try await broker.page(channel, limit: 800).texts == entries.map(\.event.text))
                // One publisher's events keep its order.
                for publisher in 0..<4 {
                    let texts = entries.map(\.event.text).filter { $0.hasPrefix("\(publisher)-") }
                    #expect(texts == (0..<200).map { "\(publisher)-\($0)" })
                }
                #expect(first.interruptions + second.interruptions == [])
            }
        },
        BrokerRule("a feed that begins while others publish misses nothing behind its start") { bed in
            try await bed.withBroker { broker in
                let channel = Fixtures.channel()
                async let publishing = Self.publish(100, from: 4, to: channel, of: broker)
                var feeds: [(Recorder, any FeedSubscription)] = []
                for _ in 0..<20 {
                    feeds.append(try await broker.record(channel))
                }
                let last = UInt64(try await publishing.count)
                for (recorder, subscription) in feeds {
                    let expected = Array(subscription.start.offset..<last).map { $0 + 1 }
                    #expect(await recorder.entries(atLeast: expected.count).map(\.position.offset) == expected)
                    #expect(recorder.interruptions == [])
                }
            }
        },
        BrokerRule("a feed sees nothing of other channels") { bed in
            try await bed.withBroker { broker in
                let channel = Fixtures.channel()
                let (recorder, _) = try await broker.record(channel)
                try await broker.publish(["a", "b"], to: Fixtures.channel())
                try await broker.publish(["mine"], to: channel)
                #expect(await recorder.entries(atLeast: 1).map(\.event.text) == ["mine"])
            }
        },
        BrokerRule("a cancelled feed receives nothing more, and the channel's others do") { bed in
            try await bed.withBroker { broker in
                let channel = Fixtures.channel()
                let (cancelled, subscription) = try await broker.record(channel)
                let (other, _) = try await broker.record(channel)
                try await broker.publish(["a"], to: channel)
                await cancelled.entries(atLeast: 1)
                subscription.cancel()
                subscription.cancel()
                try await broker.publish(["b"], to: channel)
                #expect(await other.entries(atLeast: 2).map(\.event.text) == ["a", "b"])
                #expect(cancelled.entries.map(\.event.text) == ["a"])
            }
        },
        BrokerRule("a feed can begin anew after the channel's last one was cancelled") { bed in
            try await bed.withBroker { broker in
                let channel = Fixtures.channel()
                for number in 1...3 {
                    let (recorder, subscription) = try await broker.record(channel)
                    let positions = try await broker.publish(["in \(number)"], to: channel)
                    #expect(await recorder.entries(atLeast: 1).map(\.position) == positions)
                    subscription.cancel()
                    try await broker.publish(["between"], to: channel)
                    #expect(recorder.entries.count == 1)
                }
            }
        },
        BrokerRule("a receiver that is behind for a while gets everything all the same") { bed in
            try await bed.withBroker { broker in
                let channel = Fixtures.channel()
                let (recorder, _) = try await broker.record(channel)
                let caughtUp = Fixtures.eventLoop.makePromise(of: Void.self)
                recorder.setPressure(.behind(caughtUp.futureResult))
                // Nobody waits for these acknowledgements: the broker may hold them back until the receiver is ready.
                let publications = (1...300).map { number in
                    broker.publish(
                        Fixtures.event("\(number)"),
                        to: channel,
                        key: nil,
                        retention: nil,
                        on: Fixtures.eventLoop
                    ).future(
                        on: Fixtures.eventLoop
                    )
                }
                await recorder.entries(atLeast: 1)
                recorder.setPressure(nil)
                caughtUp.succeed()
                #expect(await recorder.entries(atLeast: 300).map(\.position.offset) == Array(1...300))
                for publication in publications { _ = try await publication.get() }
                #expect(recorder.interruptions == [])
            }
        },
    ]

    /// Publishes `count` events from each of several publishers at once, each one's in order, and returns where they are.
    private static func publish(
        _ count: Int,
        from publishers: Int,
        to channel: ChannelID,
        of broker: any Broker
    ) async throws -> [String: Position] {
        let eventLoops = Array(Fixtures.group.makeIterator())
        return try await withThrowingTaskGroup(of: [String: Position].self) { group in
            for publisher in 0..<publishers {
                group.addTask {
                    let eventLoop = eventLoops[publisher % eventLoops.count]
                    var positions: [String: Position] = [:]
                    for number in 0..<count {
                        let event = Fixtures.event("\(publisher)-\(number)")
                        if case .stored(let position, feeds: _) = try await broker.publish(
                            event,
                            to: channel,
                            on: eventLoop
                        ) {
                            positions[event.text] = position
                        }
                    }
                    return positions
                }
            }
            return try await group.reduce(into: [:]) { $0.merge($1) { first, _ in first } }
        }
    }
}
