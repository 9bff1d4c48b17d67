// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import Shared
internal import Testing

extension BrokerRule {
    /// What a channel's own retention promises.
    static let ownRetention: [BrokerRule] = [
        BrokerRule("a channel keeps as many events as it is to, and others as many as all") { bed in
            try await bed.withBroker { broker in
                let (own, other) = (Fixtures.channel(), Fixtures.channel())
                let kept = ChannelRetention(count: 3)
                let positions = try await broker.publish(["a", "b", "c", "d", "e"], to: own, keeping: kept)
                try await broker.publish(["a", "b", "c", "d", "e"], to: other)
                #expect(try await broker.page(own).texts == ["c", "d", "e"])
                #expect(try await broker.page(own, after: positions[0]).reason == .trimmed)
                #expect(try await broker.page(other).texts == ["a", "b", "c", "d", "e"])
            }
        },
        BrokerRule("a channel may keep more events than others") { bed in
            var settings = BrokerSettings()
            settings.retentionCount = 2
            try await bed.withBroker(settings) { broker in
                let channel = Fixtures.channel()
                try await broker.publish(["a", "b", "c", "d"], to: channel, keeping: ChannelRetention(count: 3))
                #expect(try await broker.page(channel).texts == ["b", "c", "d"])
            }
        },
        BrokerRule("a channel keeps its events for a shorter time where it is to") { bed in
            try await bed.withBroker { broker in
                let (own, other) = (Fixtures.channel(), Fixtures.channel())
                let kept = ChannelRetention(ageMilliseconds: 1_200)
                try await broker.publish(["old"], to: own, keeping: kept)
                try await broker.publish(["old"], to: other)
                try await bed.advance(milliseconds: 1_600)
                #expect(try await broker.page(own).texts == [])
                try await broker.publish(["new"], to: own, keeping: kept)
                #expect(try await broker.page(own).texts == ["new"])
                #expect(try await broker.page(other).texts == ["old"])
            }
        },
        BrokerRule("a channel keeps its events for a longer time where it is to") { bed in
            var settings = BrokerSettings()
            settings.retentionAgeMilliseconds = 1_200
            try await bed.withBroker(settings) { broker in
                let (own, other) = (Fixtures.channel(), Fixtures.channel())
                try await broker.publish(["a"], to: own, keeping: ChannelRetention(ageMilliseconds: 60_000))
                try await broker.publish(["a"], to: other)
                for text in ["b", "c"] {
                    try await bed.advance(milliseconds: 1_600)
                    try await broker.publish([text], to: other)
                }
                #expect(try await broker.page(own).texts == ["a"])
                #expect(try await broker.page(other).texts == ["c"])
            }
        },
        BrokerRule("a channel that is to keep its events for longer from now on keeps those that it has") { bed in
            var settings = BrokerSettings()
            settings.retentionAgeMilliseconds = 1_200
            try await bed.withBroker(settings) { broker in
                let (own, other) = (Fixtures.channel(), Fixtures.channel())
                try await broker.publish(["a", "b"], to: own)
                try await broker.publish(["c"], to: own, keeping: ChannelRetention(ageMilliseconds: 60_000))
                try await broker.publish(["a"], to: other)
                try await bed.advance(milliseconds: 1_600)
                try await broker.publish(["b"], to: other)
                #expect(try await broker.page(own).texts == ["a", "b", "c"])
                #expect(try await broker.page(other).texts == ["b"])
            }
        },
        BrokerRule("a channel keeps as many bytes as it is to, the newest") { bed in
            try await bed.withBroker { broker in
                let channel = Fixtures.channel()
                // Each has a kilobyte, and the same as its id.
                let texts = (0..<40).map { Self.kilobyte("\($0)") }
                try await broker.publish(texts, to: channel, keeping: ChannelRetention(bytes: 16_000))
                let left = try #require(try await broker.page(channel).texts)
                #expect((5...8).contains(left.count))
                #expect(left == texts.suffix(left.count))
            }
        },
        BrokerRule("an event that has more bytes than a channel keeps is there until the next") { bed in
            try await bed.withBroker { broker in
                let channel = Fixtures.channel()
                for text in ["a", "b", "c"].map(Self.kilobyte) {
                    try await broker.publish([text], to: channel, keeping: ChannelRetention(bytes: 500))
                    #expect(try await broker.page(channel).texts == [text])
                }
            }
        },
        BrokerRule("bytes are counted right for what is there when the limit comes, goes, and comes again") { bed in
            try await bed.withBroker { broker in
                let channel = Fixtures.channel()
                let kept = ChannelRetention(bytes: 16_000)
                for round in 0..<3 {
                    try await broker.publish((0..<60).map { Self.kilobyte("\(round) \($0)") }, to: channel)
                    #expect(try await broker.page(channel).texts?.count ?? 0 >= 60)
                    let texts = (0..<3).map { Self.kilobyte("\(round) limited \($0)") }
                    for text in texts {
                        try await broker.publish([text], to: channel, keeping: kept)
                        let left = try #require(try await broker.page(channel).texts)
                        #expect((5...8).contains(left.count))
                        #expect(left.last == text)
                    }
                }
            }
        },
        BrokerRule("count and bytes hold together") { bed in
            try await bed.withBroker { broker in
                let channel = Fixtures.channel()
                let kept = ChannelRetention(count: 5, bytes: 16_000)
                let texts = (0..<8).map { "\($0)" }
                try await broker.publish(texts, to: channel, keeping: kept)
                #expect(try await broker.page(channel).texts == texts.suffix(5))
                let long = (0..<40).map { Self.kilobyte("\($0)") }
                try await broker.publish(long, to: channel, keeping: ChannelRetention(count: 30, bytes: 16_000))
                let left = try #require(try await broker.page(channel).texts)
                #expect((5...8).contains(left.count))
                #expect(left == long.suffix(left.count))
            }
        },
        BrokerRule("a retention of its own ends with the first event without it") { bed in
            try await bed.withBroker { broker in
                let channel = Fixtures.channel()
                try await broker.publish(["a", "b", "c"], to: channel, keeping: ChannelRetention(count: 1))
                try await broker.publish(["d", "e"], to: channel)
                #expect(try await broker.page(channel).texts == ["c", "d", "e"])
            }
        },
        BrokerRule("a known key is dropped on a channel with a retention of its own, and its feed gets the rest") {
            bed in
            try await bed.withBroker { broker in
                let channel = Fixtures.channel()
                let kept = ChannelRetention(count: 2, bytes: 16_000)
                let (recorder, _) = try await broker.record(channel)
                for text in ["a", "b", "c"] {
                    try await broker.publish(Fixtures.event(text), to: channel, keyed: text, keeping: kept)
                    let again = try await broker.publish(Fixtures.event("x"), to: channel, keyed: text, keeping: kept)
                    #expect(again == .duplicate)
                }
                #expect(await recorder.entries(atLeast: 3).map(\.event.text) == ["a", "b", "c"])
                #expect(try await broker.page(channel).texts == ["b", "c"])
            }
        },
    ]

    private static func kilobyte(_ text: String) -> String {
        text + String(repeating: "-", count: 1_000 - text.utf8.count)
    }
}
