// This source file is part of the Hookwire project.
// Licensed under the Apache License, Version 2.0. See LICENSE for details.
// SPDX-License-Identifier: Apache-2.0

import BrokerConformance
import NIOCore
import RedisServer
import SeededRandom
import Shared
import Testing

@testable import RedisBroker

/// Two nodes publish and two nodes feed, under load, while Redis and the connections to it fail: every acknowledged event
/// reaches every feed, once, in order, and no feed is interrupted.
@Suite(.serialized, .timeLimit(.minutes(2))) struct RedisFaultTests {
    /// Redis is killed and started again: with an append-only file it forgets nothing that it acknowledged.
    @Test func redisIsKilledAndRestarted() async throws {
        try await self.run(RedisServer.Options(appendOnly: true)) { server, nodes in
            for _ in 0..<3 {
                try await Task.sleep(for: .milliseconds(300))
                try server.kill()
                try await until { nodes.allSatisfy { $0.health != .ready } }
                try await server.start()
                try await until { nodes.allSatisfy { $0.health == .ready } }
            }
        }
    }

    /// The subscriptions' connections are cut.
    @Test func subscribersAreKilled() async throws {
        try await self.run { server, nodes in
            for _ in 0..<4 {
                try await Task.sleep(for: .milliseconds(200))
                try server.command("CLIENT", "KILL", "TYPE", "pubsub")
            }
            try await until { nodes.allSatisfy { $0.health == .ready } }
        }
    }

    /// The commands' connections are cut.
    @Test func commandConnectionsAreKilled() async throws {
        try await self.run { server, nodes in
            for _ in 0..<4 {
                try await Task.sleep(for: .milliseconds(200))
                try server.command("CLIENT", "KILL", "TYPE", "normal")
            }
            try await until { nodes.allSatisfy { $0.health == .ready } }
        }
    }

    /// Redis answers nobody for longer than any deadline.
    @Test func redisIsPaused() async throws {
        try await self.run { server, nodes in
            try await Task.sleep(for: .milliseconds(200))
            try server.command("CLIENT", "PAUSE", "2500")
            try await until { nodes.allSatisfy { $0.health != .ready } }
            try await until { nodes.allSatisfy { $0.health == .ready } }
        }
    }

    /// Redis drops subscribers whose output buffer grows beyond a few kilobytes.
    @Test func slowSubscribersAreDropped() async throws {
        let options = RedisServer.Options(arguments: ["--client-output-buffer-limit", "pubsub", "1500", "0", "0"])
        // What fits into Redis' 16 KiB a client counts for nothing: each of the long ones drops all who listen.
        try await self.run(options, padding: 20_000) { server, nodes in
            try await until {
                server.log.split(separator: "\n").count { $0.contains("overcoming of output buffer limits") } > 10
            }
            try server.command("CONFIG", "SET", "client-output-buffer-limit", "pubsub 33554432 0 0")
            try await until { nodes.allSatisfy { $0.health == .ready } }
        }
    }

    /// Redis forgets the scripts.
    @Test func scriptsAreFlushed() async throws {
        try await self.run { server, _ in
            for _ in 0..<20 {
                try await Task.sleep(for: .milliseconds(30))
                try server.command("SCRIPT", "FLUSH")
            }
        }
    }

    /// All of it, in random order.
    @Test func everythingHappens() async throws {
        var random = SeededRandom(for: "RedisFaultTests.everythingHappens")
        let order = (0..<16).map { _ in Int.random(in: 0..<6, using: &random) }
        try await self.run(RedisServer.Options(appendOnly: true)) { server, nodes in
            for choice in order {
                try await Task.sleep(for: .milliseconds(100))
                switch choice {
                case 0: try server.command("CLIENT", "KILL", "TYPE", "pubsub")
                case 1: try server.command("CLIENT", "KILL", "TYPE", "normal")
                case 2: try server.command("CLIENT", "PAUSE", "400")
                case 3: try server.command("SCRIPT", "FLUSH")
                case 4:
                    server.suspend()
                    try await Task.sleep(for: .milliseconds(300))
                    server.resume()
                default:
                    try server.kill()
                    try await server.start()
                }
            }
            try await until { nodes.allSatisfy { $0.health == .ready } }
        }
    }

    private func run(
        _ options: RedisServer.Options = RedisServer.Options(),
        padding: Int = 0,
        _ faults: (RedisServer, [RedisBroker]) async throws -> Void
    ) async throws {
        let server = try await RedisServer.start(options)
        let bed = RedisBrokerTestBed(server: server)
        let nodes = try (0..<4).map { number in
            try bed.broker {
                $0.redis.commandTimeout = .seconds(1)
                $0.redis.pingTimeout = .seconds(1)
                $0.retentionCount = 1_000_000
                $0.feeds = number >= 2
                $0.checkSeconds = 2
            }
        }
        for node in nodes { node.start() }
        let result: Result<Void, any Error>
        do {
            try await until { nodes.allSatisfy { $0.health == .ready } }
            let load = Load(brokers: Array(nodes[..<2]), channels: 4, padding: padding)
            try await self.check(load, feeding: Array(nodes[2...])) { try await faults(server, nodes) }
            result = .success(())
        } catch {
            result = .failure(error)
        }
        for node in nodes { await node.shutdown() }
        try result.get()
    }

    private func check(
        _ load: Load,
        feeding nodes: [RedisBroker],
        _ faults: () async throws -> Void
    ) async throws {
        var recorders: [(ChannelID, Recorder)] = []
        for channel in load.channels {
            for node in nodes {
                recorders.append((channel, try await node.record(channel).0))
            }
        }
        let sent = try await load.run(faults)
        let total = sent.values.joined().reduce(0) { $0 + $1.count }
        #expect(total > 100)
        for (channel, recorder) in recorders {
            await Load.check(
                recorder,
                had: sent[channel] ?? [],
                comment: "\(total) events, \(load.repetitions) repeated"
            )
        }
    }
}
