// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import BrokerConformance
import NIOCore
import RedisServer
import Shared
import Testing

@testable import RedisBroker

/// What a broker does while the slots of a real cluster go from node to node.
@Suite(.timeLimit(.minutes(3))) struct SlotMigrationTests {
    /// A channel that nobody has, its slot, the node that has it and the next one.
    private func channel(_ cluster: RedisServerCluster) -> (ChannelID, slot: Int, source: Int, target: Int) {
        let channel = Fixtures.channel()
        let slot = Int(RedisPlace(channel).slot)
        let source = cluster.owner(of: slot)
        return (channel, slot, source, (source + 1) % 3)
    }

    private func with(
        _ body: (RedisServerCluster, RedisBroker) async throws -> Void
    ) async throws {
        let cluster = try await RedisServerCluster.start()
        try await RedisBrokerTestBed(server: cluster.nodes[0], url: cluster.url).withRedisBroker(
            { $0.redis.commandTimeout = .seconds(2) },
            { try await body(cluster, $0) }
        )
    }

    /// While a slot is half here and half there, publishing waits, and says that it is unavailable when it takes too long;
    /// what was stored is read all the same, wherever it is. Behind the move all goes on, and every event is there once.
    @Test func aSlotMoves() async throws {
        try await self.with { cluster, broker in
            let (channel, slot, source, target) = self.channel(cluster)
            let (recorder, feed) = try await broker.record(channel)
            try await broker.publish(["a", "b"], to: channel)
            try cluster.open(slot, from: source, to: target)
            #expect(try await broker.page(channel).texts == ["a", "b"])
            await #expect(throws: BrokerError.unavailable) {
                try await broker.publish(Fixtures.event("c"), to: channel)
            }
            try cluster.moveKeys(slot, from: source, to: target)
            #expect(try await broker.page(channel).texts == ["a", "b"])
            async let late = broker.publish(Fixtures.event("c"), to: channel, keyed: "c")
            try await Task.sleep(for: .milliseconds(300))
            try cluster.close(slot, from: source, to: target)
            _ = try await late
            #expect(try await broker.publish(Fixtures.event("c"), to: channel, keyed: "c") == .duplicate)
            try await broker.publish(["d"], to: channel)
            #expect(await recorder.entries(atLeast: 4).map(\.event.text) == ["a", "b", "c", "d"])
            #expect(try await broker.page(channel).texts == ["a", "b", "c", "d"])
            // The subscription has followed: what comes now is pushed.
            let name = ChannelKeys(channel).feed
            try await until {
                try cluster.nodes[target].command("PUBSUB", "SHARDNUMSUB", name) == "\(name)\n1"
            }
            feed.cancel()
        }
    }

    /// A slot that moves empty and unasked takes its feeds along: the node says that it has lost it, and nothing is missed.
    @Test func anUnusedSlotMoves() async throws {
        try await self.with { cluster, broker in
            let (channel, slot, source, target) = self.channel(cluster)
            let (recorder, feed) = try await broker.record(channel)
            try cluster.open(slot, from: source, to: target)
            try cluster.moveKeys(slot, from: source, to: target)
            try cluster.close(slot, from: source, to: target)
            let name = ChannelKeys(channel).feed
            try await until {
                try cluster.nodes[target].command("PUBSUB", "SHARDNUMSUB", name) == "\(name)\n1"
            }
            try await broker.publish(["a"], to: channel)
            #expect(await recorder.entries(atLeast: 1).map(\.event.text) == ["a"])
            feed.cancel()
        }
    }

    /// A master that is gone makes its bots' events unavailable, within the time of a command, and no others'.
    @Test func aMasterIsGone() async throws {
        let cluster = try await RedisServerCluster.start(arguments: ["--cluster-require-full-coverage", "no"])
        try await RedisBrokerTestBed(server: cluster.nodes[0], url: cluster.url).withRedisBroker(
            { $0.redis.commandTimeout = .seconds(2) },
            { broker in
                let (channel, _, source, target) = self.channel(cluster)
                try cluster.nodes[source].kill()
                try await until {
                    if case .degraded = broker.health { true } else { false }
                }
                await #expect(throws: BrokerError.unavailable) {
                    try await broker.publish(Fixtures.event("a"), to: channel)
                }
                var other = self.channel(cluster)
                while other.source != target { other = self.channel(cluster) }
                try await broker.publish(["b"], to: other.0)
                for node in cluster.nodes { try node.kill() }
                try await until {
                    if case .unavailable = broker.health { true } else { false }
                }
            }
        )
    }
}
