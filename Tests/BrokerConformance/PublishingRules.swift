// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared
internal import Testing

extension BrokerRule {
    /// What a publication promises.
    static let publishing: [BrokerRule] = [
        BrokerRule("offsets count 1, 2, 3 within one epoch") { bed in
            try await bed.withBroker { broker in
                let positions = try await broker.publish(["a", "b", "c"], to: Fixtures.channel())
                #expect(positions.map(\.offset) == [1, 2, 3])
                #expect(Set(positions.map(\.epoch)).count == 1)
            }
        },
        BrokerRule("channels count and are named apart") { bed in
            try await bed.withBroker { broker in
                let first = try await broker.publish(["a", "b"], to: Fixtures.channel())
                let second = try await broker.publish(["c"], to: Fixtures.channel())
                #expect(second.map(\.offset) == [1])
                #expect(first[0].epoch != second[0].epoch)
            }
        },
        BrokerRule("a publication completes after its event is in the log, at the position it was given") { bed in
            try await bed.withBroker { broker in
                let channel = Fixtures.channel()
                try await withThrowingTaskGroup { group in
                    for publisher in 0..<4 {
                        group.addTask {
                            for number in 0..<25 {
                                let text = "\(publisher)-\(number)"
                                let publication = try await broker.publish(Fixtures.event(text), to: channel)
                                guard case .stored(let position, feeds: _) = publication else {
                                    Issue.record("an event without a key was called a duplicate")
                                    continue
                                }
                                let before = Position(epoch: position.epoch, offset: position.offset - 1)
                                let page = try await broker.page(channel, after: before, limit: 1)
                                #expect(page.texts == [text])
                                #expect(page.entries?.first?.position == position)
                                #expect(page.head.offset >= position.offset)
                            }
                        }
                    }
                    try await group.waitForAll()
                }
            }
        },
        BrokerRule("a publication completes on the event loop that was named") { bed in
            try await bed.withBroker { broker in
                let eventLoop = Fixtures.eventLoop
                let isThere = try await broker.publish(
                    Fixtures.event("a"),
                    to: Fixtures.channel(),
                    key: nil,
                    retention: nil,
                    on: eventLoop
                )
                .future(on: eventLoop).map { _ in eventLoop.inEventLoop }.get()
                #expect(isThere)
            }
        },
    ]

    /// What a duplicate key promises.
    static let duplicates: [BrokerRule] = [
        BrokerRule("an event with a known key is dropped") { bed in
            try await bed.withBroker { broker in
                let channel = Fixtures.channel()
                let (recorder, _) = try await broker.record(channel)
                let first = try await broker.publish(Fixtures.event("a"), to: channel, keyed: "k")
                #expect(first != .duplicate)
                #expect(try await broker.publish(Fixtures.event("again"), to: channel, keyed: "k") == .duplicate)
                #expect(try await broker.publish(Fixtures.event("b"), to: channel, keyed: "l") != .duplicate)
                #expect(try await broker.publish(Fixtures.event("and again"), to: channel, keyed: "k") == .duplicate)
                try await broker.publish(Fixtures.event("c"), to: channel)
                #expect(try await broker.page(channel).texts == ["a", "b", "c"])
                #expect(await recorder.entries(atLeast: 3).map(\.event.text) == ["a", "b", "c"])
                #expect(recorder.entries.map(\.position.offset) == [1, 2, 3])
            }
        },
        BrokerRule("a key is forgotten when its lifetime has ended") { bed in
            try await bed.withBroker { broker in
                let channel = Fixtures.channel()
                try await broker.publish(Fixtures.event("a"), to: channel, keyed: "k", lifetimeMilliseconds: 40)
                try await bed.advance(milliseconds: 60)
                let second = try await broker.publish(Fixtures.event("b"), to: channel, keyed: "k")
                #expect(second != .duplicate)
                #expect(try await broker.publish(Fixtures.event("c"), to: channel, keyed: "k") == .duplicate)
                #expect(try await broker.page(channel).texts == ["a", "b"])
            }
        },
        BrokerRule("a key is known on its own channel only") { bed in
            try await bed.withBroker { broker in
                let channels = [Fixtures.channel(), Fixtures.channel()]
                for channel in channels {
                    let first = try await broker.publish(Fixtures.event("a"), to: channel, keyed: "k")
                    let second = try await broker.publish(Fixtures.event("a"), to: channel, keyed: "k")
                    #expect(first != .duplicate)
                    #expect(second == .duplicate)
                }
            }
        },
        BrokerRule("of publications with one key at the same time, one is stored") { bed in
            try await bed.withBroker { broker in
                let channel = Fixtures.channel()
                for round in 0..<20 {
                    let stored = try await withThrowingTaskGroup(of: Publication.self) { group in
                        for publisher in 0..<8 {
                            group.addTask {
                                try await broker.publish(
                                    Fixtures.event("\(publisher)"),
                                    to: channel,
                                    keyed: "k\(round)"
                                )
                            }
                        }
                        return try await group.reduce(into: 0) { $0 += $1 == .duplicate ? 0 : 1 }
                    }
                    #expect(stored == 1)
                }
                #expect(try await broker.page(channel).head.offset == 20)
            }
        },
        BrokerRule("a key may be any text") { bed in
            try await bed.withBroker { broker in
                let channel = Fixtures.channel()
                let keys = ["", " ", "\r\n", "{}", "a:b", "a b", "\u{0}", "日本", String(repeating: "x", count: 10_000)]
                for isKnown in [false, true] {
                    for key in keys {
                        let publication = try await broker.publish(Fixtures.event("a"), to: channel, keyed: key)
                        #expect((publication == .duplicate) == isKnown)
                    }
                }
            }
        },
    ]
}
