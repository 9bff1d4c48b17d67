// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

internal import NIOCore
internal import Shared
internal import Synchronization
internal import Testing

extension BrokerRule {
    /// What is promised of observations. `telling` and `looking` are two nodes' brokers, or the one that both have.
    static let observations: [BrokerRule] = [
        BrokerRule("who looks on at a channel is told what is reported on it, and nothing of others") { bed in
            try await bed.withBrokers { telling, looking in
                let (channel, other) = (Fixtures.channel(), Fixtures.channel())
                let (receiver, elsewhere) = (ObservationRecorder(), ObservationRecorder())
                let subscription = try await looking.observe(channel, with: receiver)
                let another = try await looking.observe(other, with: elsewhere)
                try await BrokerRule.learns(telling, of: channel)
                try await BrokerRule.learns(telling, of: other)
                for kind in Observation.Kind.allCases {
                    telling.report(on: channel) { Observation(kind, json: ByteBuffer(string: #"{"größe":1}"#)) }
                }
                await receiver.await(Observation.Kind.allCases.count)
                #expect(Set(receiver.received.map(\.kind)) == Set(Observation.Kind.allCases))
                #expect(receiver.received.allSatisfy { $0.json == ByteBuffer(string: #"{"größe":1}"#) })
                #expect(elsewhere.received == [])
                subscription.cancel()
                another.cancel()
            }
        },
        BrokerRule("who no longer looks on is told nothing, and others still are") { bed in
            try await bed.withBrokers { telling, looking in
                let channel = Fixtures.channel()
                let (first, second) = (ObservationRecorder(), ObservationRecorder())
                let subscription = try await looking.observe(channel, with: first)
                let other = try await looking.observe(channel, with: second)
                try await BrokerRule.learns(telling, of: channel)
                subscription.cancel()
                subscription.cancel()
                telling.report(on: channel) { Observation(.refused, json: ByteBuffer(string: "{}")) }
                await second.await(1)
                #expect(first.received == [])
                other.cancel()
            }
        },
        BrokerRule("a node with a feed learns that somebody looks on at its channel") { bed in
            try await bed.withBrokers { telling, looking in
                let channel = Fixtures.channel()
                let (_, feed) = try await telling.record(channel)
                #expect(!telling.isObserved(channel))
                let subscription = try await looking.observe(channel, with: ObservationRecorder())
                try await BrokerRule.learns(telling, of: channel)
                #expect(!telling.isObserved(Fixtures.channel()))
                subscription.cancel()
                feed.cancel()
            }
        },
        BrokerRule("too much is not told, and does no harm") { bed in
            try await bed.withBrokers { telling, looking in
                let channel = Fixtures.channel()
                let receiver = ObservationRecorder()
                let subscription = try await looking.observe(channel, with: receiver)
                try await BrokerRule.learns(telling, of: channel)
                let made = Mutex(0)
                for _ in 0..<2_000 {
                    telling.report(on: channel) {
                        made.withLock { $0 += 1 }
                        return Observation(.delivered, json: ByteBuffer(string: "{}"))
                    }
                }
                #expect((1..<1_000).contains(made.withLock { $0 }))
                await receiver.await(made.withLock { $0 })
                subscription.cancel()
            }
        },
    ]

    /// Another node is told that somebody looks on, and tells nobody when it has heard.
    private static func learns(_ broker: any Broker, of channel: ChannelID) async throws {
        while !broker.isObserved(channel) { try await Task.sleep(for: .milliseconds(5)) }
    }
}

/// Keeps what it is told.
final class ObservationRecorder: ObservationReceiver {
    private struct State {
        var received: [Observation] = []
        var waiting: (count: Int, continuation: CheckedContinuation<Void, Never>)?
    }

    private let state = Mutex(State())

    var received: [Observation] { self.state.withLock { $0.received } }

    func receive(_ observation: Observation) {
        let continuation = self.state.withLock { state -> CheckedContinuation<Void, Never>? in
            state.received.append(observation)
            guard let waiting = state.waiting, state.received.count >= waiting.count else { return nil }
            state.waiting = nil
            return waiting.continuation
        }
        continuation?.resume()
    }

    /// Returns when so many have come.
    func await(_ count: Int) async {
        await withCheckedContinuation { continuation in
            let isThere = self.state.withLock { state in
                if state.received.count < count { state.waiting = (count, continuation) }
                return state.received.count >= count
            }
            if isThere { continuation.resume() }
        }
    }
}

extension Broker {
    fileprivate func observe(
        _ channel: ChannelID,
        with receiver: any ObservationReceiver
    ) async throws -> any ObservationSubscription {
        try await self.observe(channel, with: receiver, on: Fixtures.eventLoop).get()
    }
}
